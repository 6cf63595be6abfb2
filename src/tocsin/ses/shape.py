"""What a text that was entered as user name or password is, by its shape."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from urllib.parse import unquote

from tocsin.base.secret import Secret

_LONGEST = 400
"""Characters; what is longer was not copied from a form of Amazon's."""


class Shape(Enum):
    """What Amazon gives out, told apart by length, alphabet and first characters."""

    PASSWORD = auto()
    """33 octets in base64, the first of them 4: an SMTP password as it is made now."""
    OLD_PASSWORD = auto()
    """The same with a first octet of 2: made before January 2019."""
    SECRET_KEY = auto()
    """40 characters: an IAM secret access key."""
    OTHER = auto()


_SHAPES = (
    (Shape.PASSWORD, re.compile(r"B[A-P][A-Za-z0-9+/]{42}")),
    (Shape.OLD_PASSWORD, re.compile(r"A[g-v][A-Za-z0-9+/]{42}")),
    (Shape.SECRET_KEY, re.compile(r"[A-Za-z0-9+/]{40}")),
)
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
_LINE_ENDS = re.compile(r"[\r\n]+")
_BLANKS = re.compile(rf"[\s{_INVISIBLE}]+")
_QUOTES = "\"'`\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb"
_ENCODED = re.compile(r"%(?:2[BbFf]|3[Dd]|20|0[AaDd])")


@dataclass(frozen=True, slots=True)
class Repair:
    """A text as it was before it was damaged; `damage` in words, empty where it is whole."""

    text: Secret
    shape: Shape
    damage: tuple[str, ...]


def shape_of(text: str) -> Shape:
    """The shape of a text that is taken as it is."""
    return next((shape for shape, form in _SHAPES if form.fullmatch(text)), Shape.OTHER)


def repair(text: Secret) -> Repair:
    """The text with the damage of copying undone, where that gives one of the shapes.

    A text that has a shape as it is, or gets none, is given back as it is.
    """
    value = text.reveal()
    shape = shape_of(value)
    if shape is not Shape.OTHER or len(value) > _LONGEST:
        return Repair(text, shape, ())
    damage: list[str] = []
    if _ENCODED.search(value):
        damage.append("its URL encoding")
        value = unquote(value, errors="replace")
    value = _bare(value, damage)
    # A form that was read as URL-encoded makes a blank of each plus.
    for candidate in (_BLANKS.sub("", value), value.replace(" ", "+")):
        shape = shape_of(candidate)
        if shape is not Shape.OTHER:
            if candidate != value:
                damage.append(_gone(value, candidate))
            return Repair(Secret(candidate), shape, tuple(dict.fromkeys(damage)))
    return Repair(text, Shape.OTHER, ())


def _bare(value: str, damage: list[str]) -> str:
    """Without blanks, line ends and quotes around it, however they are nested."""
    while True:
        inner = value.strip().strip(_INVISIBLE)
        if inner != value:
            lines = _LINE_ENDS.search(value)
            damage.append("the line end after it" if lines else "the blank around it")
        unquoted = inner.strip(_QUOTES)
        if unquoted != inner:
            damage.append("the quotes around it")
        if unquoted == value:
            return value
        value = unquoted


def _gone(value: str, candidate: str) -> str:
    return "the blanks in it" if len(candidate) < len(value) else "the blank in place of a '+'"
