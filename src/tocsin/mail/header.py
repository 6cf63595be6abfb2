"""Header fields of a message: encoded where they must be (RFC 2047), folded (RFC 5322 2.2.3)."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TypeVar

from tocsin.mail.address import check_address
from tocsin.mail.mark import cut, mark_line

_Unit = TypeVar("_Unit", str, bytes)

LONGEST_VALUE = 2000
"""Characters of a field's value; more is cut, and it is said how much."""

_LINE = 76
"""Longest line of a header that holds encoded words (RFC 2047 section 2)."""
_WORD = 75
"""Longest encoded word, delimiters included (the same)."""
_FRAME = len("=?utf-8?q?") + len("?=")

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,39}")
_OURS = frozenset(
    (
        *("from", "sender", "to", "cc", "bcc", "reply-to", "subject", "date", "message-id"),
        *("references", "in-reply-to", "mime-version", "auto-submitted", "return-path"),
    )
)
_TOKEN = re.compile(r"[!-~]{1,900}")
# A value that stands as it is: no blanks at its ends, nothing that looks encoded.
_PLAIN = re.compile(r"[!-<>-~](?:[ -<>-~]*[!-<>-~])?")
# What may stand in an encoded word wherever it is (RFC 2047 section 5, rule 3).
_Q = {byte: f"={byte:02X}" for byte in range(256)} | {
    byte: chr(byte) for byte in range(128) if chr(byte).isalnum() or chr(byte) in "!*+-/"
}
_Q[0x20] = "_"


def text_field(name: str, value: str, longest: int = LONGEST_VALUE) -> str:
    """A field of free text with its CRLF; whatever the value holds, it stays one field."""
    if len(name) + len(": ") + len(value) <= _LINE and _PLAIN.fullmatch(value):
        return f"{name}: {value}\r\n"
    # Cut before it is cached: a cache must not hold what strangers make large.
    return _text_field(name, cut(value, longest))


def extra_field(name: str, value: str | tuple[str, ...]) -> str:
    """A field besides those that every message has: of free text, or of words.

    Raises:
        ValueError: the name is no field name, or one that is composed elsewhere; a word
            is none.
    """
    if isinstance(value, tuple):
        return _extra_words(name, value)
    return text_field(_extra_name(name), value)


def words_field(name: str, words: tuple[str, ...]) -> str:
    """A field of words that a program reads: folded between them, never encoded.

    Raises:
        ValueError: one is not of visible ASCII characters, or too long for a line.
    """
    for word in words:
        if not _TOKEN.fullmatch(word):
            raise ValueError(f"{word[:80]!a} is no word of a header field")
    return _folded(name, words)


@lru_cache(maxsize=1024)
def address_field(name: str, addresses: tuple[str, ...]) -> str:
    """A field that lists addresses, with its CRLF.

    Raises:
        ValueError: one is no address.
    """
    pieces = [f"{check_address(one)}," for one in addresses]
    if pieces:
        pieces[-1] = pieces[-1].removesuffix(",")
    return _folded(name, pieces)


@lru_cache(maxsize=256)
def _extra_words(name: str, words: tuple[str, ...]) -> str:
    return words_field(_extra_name(name), words)


@lru_cache(maxsize=256)
def _extra_name(name: str) -> str:
    lower = name.lower()
    if not _NAME.fullmatch(name) or lower in _OURS or lower.startswith("content-"):
        raise ValueError(f"{name[:80]!a} cannot be the name of an additional header field")
    return name


@lru_cache(maxsize=1024)
def _text_field(name: str, value: str) -> str:
    clean = mark_line(value).strip(" ")
    # A text that looks encoded would be decoded by the reader, so it is encoded itself.
    if clean.isascii() and "=?" not in clean:
        if len(name) + len(": ") + len(clean) <= _LINE:
            return f"{name}: {clean}\r\n"
        words = clean.split(" ")
        # Runs of blanks would become lines of nothing; a long word cannot be folded.
        if all(0 < len(word) < _LINE for word in words):
            return _folded(name, words)
    return _folded(name, _encoded_words(clean, _LINE - len(name) - len(": ")))


def _folded(name: str, words: Iterable[str]) -> str:
    """Words with one blank between them, on lines of at most `_LINE` where words allow."""
    lines: list[str] = []
    line = f"{name}:"
    for word in words:
        if len(line) + 1 + len(word) > _LINE and line != f"{name}:":
            lines.append(line)
            line = ""
        line += f" {word}"
    return "\r\n".join([*lines, line]) + "\r\n"


def _encoded_words(text: str, first_line: int) -> list[str]:
    """The text in encoded words, none of which splits a character (RFC 2047 section 5)."""
    first = min(_WORD, first_line) - _FRAME
    raw = text.encode()
    quoted = sum(len(_Q[byte]) for byte in raw)
    if quoted <= (len(raw) + 2) // 3 * 4:
        units = ["".join(_Q[byte] for byte in char.encode()) for char in text]
        return [f"=?utf-8?q?{''.join(some)}?=" for some in _packed(units, first, _WORD - _FRAME)]
    packed = _packed([char.encode() for char in text], first // 4 * 3, (_WORD - _FRAME) // 4 * 3)
    return [
        f"=?utf-8?b?{binascii.b2a_base64(b''.join(some), newline=False).decode()}?="
        for some in packed
    ]


def _packed(units: list[_Unit], first: int, following: int) -> list[list[_Unit]]:
    """The units in groups, none longer than there is room for."""
    groups: list[list[_Unit]] = [[]]
    room = first
    for unit in units:
        if len(unit) > room:
            groups.append([])
            room = following
        groups[-1].append(unit)
        room -= len(unit)
    return groups
