"""Names of folders on the wire (RFC 3501 section 5.1.3), and which of them hold junk."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from itertools import groupby

INBOX = "INBOX"
_LISTED = re.compile(rb'\(([^)]*)\) (?:"(?:[^"\\]|\\.)*"|NIL) (.+)', re.DOTALL)
_JUNK_NAME = re.compile(rb"(?:^|[/.\\])(?:junk|spam|junk e-?mail|bulk mail)$", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_MOST = 3


def on_the_wire(name: str) -> str:
    """The name in modified UTF-7, quoted."""
    parts = []
    for plain, some in groupby(name, lambda one: " " <= one <= "~"):
        text = "".join(some)
        parts.append(text.replace("&", "&-") if plain else _shifted(text))
    inner = "".join(parts).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{inner}"'


def for_people(wire: str) -> str:
    """A name as the server gave it, without what the wire needs; odd ones stay as they are."""
    inner = wire
    if len(wire) > 1 and wire.startswith('"') and wire.endswith('"'):
        inner = re.sub(r"\\(.)", r"\1", wire[1:-1])
    return re.sub(r"&([A-Za-z0-9+,]*)-", _unshifted, inner)


def junk_folders(listed: Iterable[object]) -> list[str]:
    """The folders of junk in the lines of a LIST, in the form for the wire.

    By their attribute (RFC 6154 section 2), else by the names that servers give them.
    """
    marked, named = [], []
    for line in listed:
        found = _LISTED.fullmatch(line) if isinstance(line, bytes) else None
        if found is None or not found[2].isascii():
            continue
        if b"\\noselect" in found[1].lower():
            continue
        name = found[2].decode("ascii")
        if not name.isprintable():
            continue
        if b"\\junk" in found[1].lower().split():
            marked.append(name)
        elif _JUNK_NAME.search(found[2].strip(b'"')):
            named.append(name)
    return (marked or named)[:_MOST]


def _shifted(text: str) -> str:
    encoded = base64.b64encode(text.encode("utf-16-be")).decode().rstrip("=")
    return f"&{encoded.replace('/', ',')}-"


def _unshifted(found: re.Match[str]) -> str:
    if not found[1]:
        return "&"
    coded = found[1].replace(",", "/")
    try:
        text = base64.b64decode(coded + "=" * (-len(coded) % 4)).decode("utf-16-be")
    except ValueError:
        return found[0]
    # A NUL, say, no store would keep.
    return found[0] if _CONTROL.search(text) else text
