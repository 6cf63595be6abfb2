"""A file that goes along with a message: base64, its name by RFC 2231 where it needs that."""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from urllib.parse import quote

LONGEST_NAME = 100
"""Characters of a file's name."""

_LINE = 76
_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+(; charset=[a-z0-9-]+)?")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9._ -]{1,50}")
# "%", what RFC 2231 takes for itself, and what no token may hold are always encoded.
_SAFE = "._-"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file by name, its media type such as ``text/csv; charset=utf-8``, its octets."""

    name: str
    type: str
    content: bytes


def part(attachment: Attachment) -> bytes:
    """The file as a body part, from its fields to the end of its last line.

    Raises:
        ValueError: name or type cannot stand in a message.
    """
    if not _TYPE.fullmatch(attachment.type):
        raise ValueError(f"{attachment.type[:80]!a} is no media type")
    head = (
        f"Content-Type: {attachment.type}\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment;{_file_name(attachment.name)}\r\n\r\n"
    )
    return head.encode() + base64_lines(attachment.content)


def base64_lines(content: bytes) -> bytes:
    """Lines of base64 (RFC 2045 section 6.8), each with its CRLF."""
    encoded = binascii.b2a_base64(content, newline=False)
    lines = [encoded[at : at + _LINE] for at in range(0, len(encoded), _LINE)]
    return b"\r\n".join((*lines, b""))


def _file_name(name: str) -> str:
    """The parameter ``filename``, on lines of its own."""
    if not name or len(name) > LONGEST_NAME or not name.isprintable() or {*name} & {*'/\\"'}:
        raise ValueError(f"{name[:80]!a} cannot be the name of a file")
    if _PLAIN_NAME.fullmatch(name):
        return f'\r\n filename="{name}"'
    sections = _sections([quote(char, safe=_SAFE) for char in name])
    if len(sections) == 1:
        return f"\r\n filename*=utf-8''{sections[0]}"
    sections[0] = f"utf-8''{sections[0]}"
    return ";".join(f"\r\n filename*{number}*={section}" for number, section in enumerate(sections))


def _sections(characters: list[str]) -> list[str]:
    """The name in pieces that fit on a line each (RFC 2231 section 3)."""
    room = _LINE - len(" filename*99*=utf-8'';")
    sections = [""]
    for character in characters:
        if len(sections[-1]) + len(character) > room:
            sections.append("")
        sections[-1] += character
    return sections
