"""Header fields of a message as they came, and what SES finds wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from tocsin.rehearsal.mailbox import find_complaint, read_addresses

_FIELD_END = re.compile(rb"\r\n(?![ \t])")
_ONCE = frozenset(
    b"from sender reply-to to cc bcc message-id in-reply-to references subject date "
    b"mime-version content-type content-transfer-encoding content-disposition content-id "
    b"content-description dkim-signature return-path".split()
)
_ADDRESSES = frozenset((b"from", b"sender", b"reply-to", b"to", b"cc", b"bcc"))
_LONGEST_VALUE = 65_536
"""Octets of a value that are looked at: reading addresses takes time, and strangers write them."""
_TOKEN = re.compile(r"[!#$%&'*+.0-9A-Z^_`a-z{|}~-]+")


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name in lower case, and all of it as it stood, without its line end."""

    name: bytes
    raw: bytes

    @property
    def value(self) -> str:
        """What follows the colon, unfolded, as text."""
        text = self.raw.partition(b":")[2][:_LONGEST_VALUE].decode("utf-8", "replace")
        return " ".join(text.split())


def split_message(content: bytes) -> tuple[tuple[Field, ...], bytes]:
    """The fields and the body; a line that is no field ends the header (RFC 5322 2.2)."""
    head, _, body = content.partition(b"\r\n\r\n")
    if content.startswith(b"\r\n"):
        head, body = b"", content[2:]
    fields = []
    for raw in _FIELD_END.split(head.removesuffix(b"\r\n")) if head else ():
        name, colon, _ = raw.partition(b":")
        if colon:
            fields.append(Field(name.strip().lower(), raw))
    return tuple(fields), body


def field_values(fields: Iterable[Field], name: bytes) -> Iterator[str]:
    """The values of all fields of that name (in lower case)."""
    return (one.value for one in fields if one.name == name)


def find_fault(fields: Sequence[Field]) -> str | None:
    """What makes SES refuse the header; None when nothing does."""
    seen: set[bytes] = set()
    for one in fields:
        if one.name in _ONCE and one.name in seen:
            shown = one.raw.partition(b":")[0].strip().decode("ascii", "replace")
            return f"Duplicate header '{shown}'."
        seen.add(one.name)
    if b"from" not in seen:
        return "Missing required header 'From'."
    return next((found for one in fields if (found := _fault_of_field(one))), None)


def _fault_of_field(field: Field) -> str | None:
    if field.name in _ADDRESSES:
        return _fault_of_addresses(field.value)
    if field.name == b"content-type":
        return _fault_of_content_type(field.value)
    if field.name == b"content-disposition" and not _TOKEN.match(field.value):
        return f"Expected disposition, got {field.value[:1] or 'null'}"
    return None


@lru_cache(maxsize=256)
def _fault_of_addresses(value: str) -> str | None:
    return next(
        (found for _, address in read_addresses(value) if (found := find_complaint(address))),
        None,
    )


@lru_cache(maxsize=256)
def _fault_of_content_type(value: str) -> str | None:
    kind = _TOKEN.match(value)
    rest = value[kind.end() :].lstrip() if kind else value
    if not rest.startswith("/"):
        return f"Expected '/', got {rest[:1] or 'null'}"
    rest = rest[1:].lstrip()
    subtype = _TOKEN.match(rest)
    rest = rest[subtype.end() :].lstrip() if subtype else rest
    if rest and not rest.startswith(";"):
        return f"Expected ';', got \"{rest[:1]}\""
    return None
