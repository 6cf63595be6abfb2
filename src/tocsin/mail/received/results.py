"""What servers say that they found out about a message (RFC 8601).

``Authentication-Results`` and, in an ARC set, ``ARC-Authentication-Results`` have one form:
who says it, then one result after the other with what it rests on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from tocsin.mail.received.lexical import Piece, Token, tokens

_MOST = 100
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Result:
    """One method's result; `properties` as ``(name, value)``, such as ``header.d``."""

    method: str
    result: str
    reason: str = ""
    comment: str = ""
    properties: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str:
        """The value of a property; empty where there is none."""
        return next((value for own, value in self.properties if own == name), "")


@dataclass(frozen=True, slots=True)
class AuthenticationResults:
    """One field. `server` is who wrote it; empty where it does not say (Exchange Online)."""

    server: str
    version: str
    results: tuple[Result, ...]
    instance: int | None = None
    """Of an ARC set: its number."""


def read_results(value: str) -> AuthenticationResults:
    """Read the value of such a field; what cannot be read is left out."""
    segments = _segments(value)
    instance = None
    if segments and _is_pair(segments[0], "i"):
        digits = segments.pop(0)[-1].text
        instance = int(digits) if digits.isascii() and digits.isdecimal() else None
    server = version = ""
    if segments and not any(one.piece is Piece.MARK for one in segments[0]):
        words = [one.text for one in segments.pop(0) if one.piece is not Piece.COMMENT]
        server, version = [*words, "", ""][:2]
        if server.lower() == "none":
            server = ""
    found = (_result(segment) for segment in segments[:_MOST])
    return AuthenticationResults(
        server.lower().rstrip("."), version, tuple(one for one in found if one), instance
    )


def _segments(value: str) -> list[list[Token]]:
    found: list[list[Token]] = [[]]
    for one in islice(tokens(value, ";=/"), 20 * _MOST):
        if one.piece is Piece.MARK and one.text == ";":
            found.append([])
        else:
            found[-1].append(one)
    return [segment for segment in found if segment]


def _is_pair(segment: Sequence[Token], name: str) -> bool:
    words = [one.text.lower() for one in segment if one.piece is not Piece.COMMENT]
    return words[:2] == [name, "="] and len(words) > 2  # noqa: PLR2004 -- name, =, value


def _result(segment: Sequence[Token]) -> Result | None:
    pairs, comments = _pairs(segment)
    if not pairs:
        return None
    (method, result), *others = pairs
    reason = next((value for name, value in others if name == "reason"), "")
    properties = tuple(pair for pair in others if pair[0] != "reason")
    return Result(method, result.lower(), reason, "; ".join(comments)[:_LONGEST], properties)


def _pairs(segment: Sequence[Token]) -> tuple[list[tuple[str, str]], list[str]]:
    """The pairs ``name=value`` and the comments; a version as in ``dkim/1`` is dropped."""
    pairs: list[tuple[str, str]] = []
    comments = [one.text for one in segment if one.piece is Piece.COMMENT]
    pieces = [one for one in segment if one.piece is not Piece.COMMENT]
    name, at = "", 0
    while at < len(pieces):
        one = pieces[at]
        if one.piece is Piece.MARK and one.text == "=" and name:
            value, at = _value(pieces, at + 1)
            pairs.append((name[:_LONGEST], value[:_LONGEST]))
            name = ""
            continue
        if one.piece is Piece.MARK and one.text == "/":
            at += 2
            continue
        name, at = one.text.lower(), at + 1
    return pairs, comments


def _value(pieces: Sequence[Token], start: int) -> tuple[str, int]:
    """What follows without a blank belongs to it: ``"a b"@example.com``, ``b=ab=``."""
    text, at = [], start
    while at < len(pieces) and (at == start or not pieces[at].spaced):
        text.append(pieces[at].text)
        at += 1
    return "".join(text), at
