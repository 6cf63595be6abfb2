"""Text of strangers made safe to put into a message: marked where it would steer, cut to size.

What could end a line, end a header, steer a terminal or turn text around (control
characters, line separators, the bidi controls of Unicode TR9) is replaced by U+FFFD: the
reader sees that something stood there.
"""

from __future__ import annotations

import re

MARK = "\N{REPLACEMENT CHARACTER}"

_CONTROLS = bytes([*range(0x20), 0x7F])
_CONTROLS_IN_TEXT = bytes(sorted({*_CONTROLS} - {*b"\t\n"}))
# Not printable by any program that keeps its head, but harmless in a text of lines:
# everything else of these is marked.
_STEERING = (
    "\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff"
)
_LINE_STEERING = re.compile(f"[\x00-\x1f{_STEERING}]")
_TEXT_STEERING = re.compile(f"[\x00-\x08\x0b-\x1f{_STEERING}]")

_MOST_SHOWN = 80


def mark_line(value: str) -> str:
    """The value as one line: line breaks and tabs are marked too."""
    if value.isprintable():
        return value
    return _LINE_STEERING.sub(MARK, value)


def mark_text(value: str) -> str:
    """The value as lines that end with LF; tabs stay."""
    if "\r" in value:
        value = value.replace("\r\n", "\n")
    if value.isascii():
        # Twice as fast as searching with an expression.
        raw = value.encode()
        if len(raw.translate(None, _CONTROLS_IN_TEXT)) == len(raw):
            return value
    return _TEXT_STEERING.sub(MARK, value)


def cut(value: str, most: int) -> str:
    """The value when it has at most so many characters, else its beginning and how much is gone."""
    if len(value) <= most:
        return value
    return f"{value[:most]} … [{len(value) - most:,} more characters cut]"


def shown(value: str) -> str:
    """The value quoted, marked and short, for an error message."""
    line = mark_line(value[:_MOST_SHOWN])
    return f"'{line}…'" if len(value) > _MOST_SHOWN else f"'{line}'"
