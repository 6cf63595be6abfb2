"""The pieces that structured header fields are made of (RFC 5322 section 3.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto


class Piece(Enum):
    """What a piece is."""

    WORD = auto()
    QUOTED = auto()
    COMMENT = auto()
    MARK = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A piece with its text, quotes and brackets taken off; where it stood.

    `spaced` tells whether blanks stood before it.
    """

    piece: Piece
    text: str
    start: int
    spaced: bool


def tokens(text: str, marks: str) -> Iterator[Token]:
    """The pieces in order; one that is not closed reaches to the end."""
    at, spaced = 0, False
    while at < len(text):
        char = text[at]
        if char.isspace():
            at, spaced = at + 1, True
            continue
        if char == "(":
            end, piece, content = _comment(text, at)
        elif char == '"':
            end, piece, content = _quoted(text, at)
        elif char in marks:
            end, piece, content = at + 1, Piece.MARK, char
        else:
            end = _word_end(text, at, marks)
            piece, content = Piece.WORD, text[at:end]
        yield Token(piece, content, at, spaced)
        at, spaced = end, False


def _comment(text: str, start: int) -> tuple[int, Piece, str]:
    depth, at = 0, start
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 1
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if depth == 0:
                return at + 1, Piece.COMMENT, text[start + 1 : at].strip()
        at += 1
    return len(text), Piece.COMMENT, text[start + 1 :].strip()


def _quoted(text: str, start: int) -> tuple[int, Piece, str]:
    content, at = [], start + 1
    while at < len(text) and text[at] != '"':
        if text[at] == "\\" and at + 1 < len(text):
            at += 1
        content.append(text[at])
        at += 1
    return at + 1, Piece.QUOTED, "".join(content)


def _word_end(text: str, start: int, marks: str) -> int:
    at = start
    while (
        at < len(text) and not text[at].isspace() and text[at] not in '("' and text[at] not in marks
    ):
        at += 1
    return at
