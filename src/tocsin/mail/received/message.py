"""The header fields of a received message as they came, and its body."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import policy
from email.header import decode_header
from email.parser import BytesHeaderParser

LARGEST = 64 << 20
"""Octets of a message that are read; SES takes 40 MB."""

LARGEST_HEAD = 1 << 20
"""Octets of its header that are read."""

_MOST_FIELDS = 2000
_LONGEST_TEXT = 4000
"""Characters of a field that are shown or parsed; a long ARC field has some 1,500."""

_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_UNIX_FROM = re.compile(rb"From [^\r\n]*\r?\n")
_PARSER = BytesHeaderParser(policy=policy.compat32)
_OUTLOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class NotMessage(ValueError):
    """What was given is no message; the text says what it is instead, or what it lacks."""


@dataclass(frozen=True, slots=True)
class HeaderField:
    """One field in its place: name as written, value unfolded, not decoded."""

    name: str
    value: str

    @property
    def key(self) -> str:
        """The name as it is compared."""
        return self.name.lower()

    @property
    def decoded(self) -> str:
        """The value with its encoded words (RFC 2047) read, as far as they can be."""
        return _decoded(self.value)


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A message; `content` is what is verified, without what a mailbox put before it."""

    content: bytes
    fields: tuple[HeaderField, ...]
    body: memoryview

    def values(self, key: str) -> list[str]:
        """The values of every field of that name (in lower case), topmost first."""
        return [one.value for one in self.fields if one.key == key]

    def first(self, key: str) -> str:
        """The topmost one; empty where there is none."""
        return next((one.value for one in self.fields if one.key == key), "")

    def text(self, key: str) -> str:
        """The topmost one, decoded for people."""
        return _decoded(self.first(key))


def read_message(content: bytes) -> ReceivedMessage:
    """Read a message as it lies in a file or came over the wire.

    A byte order mark, empty lines and the "From " line of a mailbox file before it are
    passed over.

    Raises:
        NotMessage: it is too large, or no message.
    """
    if len(content) > LARGEST:
        raise NotMessage(f"the message is larger than {LARGEST >> 20} MB")
    if content.startswith(_OUTLOOK):
        raise NotMessage("this is a file of Outlook (.msg); save the message as .eml instead")
    content = content.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    unix_from = _UNIX_FROM.match(content)
    if unix_from is not None:
        content = content[unix_from.end() :]
    end = _END_OF_HEAD.search(content, 0, LARGEST_HEAD + 4)
    if end is None and len(content) > LARGEST_HEAD:
        raise NotMessage(f"its header does not end within {LARGEST_HEAD >> 20} MB")
    head = content if end is None else content[: end.start()]
    fields = _fields(head)
    if not fields:
        raise NotMessage("it does not begin with header fields, so it is no message")
    return ReceivedMessage(
        content, fields, memoryview(content)[len(content) if end is None else end.end() :]
    )


def _fields(head: bytes) -> tuple[HeaderField, ...]:
    parsed = _PARSER.parsebytes(head + b"\n\n")
    found = []
    for name, value in list(parsed.raw_items())[:_MOST_FIELDS]:
        text = str(value).encode("ascii", "surrogateescape").decode("utf-8", "replace")
        found.append(
            HeaderField(name.strip(), " ".join(text[: _LONGEST_TEXT * 2].split())[:_LONGEST_TEXT])
        )
    return tuple(found)


def _decoded(value: str) -> str:
    if "=?" not in value:
        return value
    try:
        parts = decode_header(value)
        return "".join(_part(text, charset) for text, charset in parts) or value
    except (ValueError, LookupError, UnicodeError):  # what a stranger calls encoded
        return value


def _part(text: bytes | str, charset: str | None) -> str:
    if isinstance(text, str):
        return text
    return text.decode(charset or "utf-8", "replace")
