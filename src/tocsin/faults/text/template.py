"""Finding a program's words in a text: literal words in order, with holes between them.

No pattern language: a search takes time in proportion to the text, whatever it holds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from tocsin.faults.text.given import Given

_WIDEST_GAP = 400
"""Characters that may stand between two words that belong together."""
_MOST_TRIES = 50
"""Places at which the first words are looked at."""

_AROUND = " .,;\"'`}"
_HOLE = re.compile(r"\{(\w*)\}")
_HOST = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,252}")
_ADDRESS = re.compile(r"[0-9A-Fa-f][0-9A-Fa-f.:]{1,45}")
_MAILBOX = re.compile(r"[^\s<>\"'(),;:\[\]]{1,254}")
_FREE = re.compile(r"[^\n]{1,300}")
_SHAPES: Mapping[str, re.Pattern[str]] = {
    "host": _HOST,
    "port": re.compile(r"\d{1,5}"),
    "address": _ADDRESS,
    "sender": _MAILBOX,
    "recipient": _MAILBOX,
    "region": re.compile(r"[A-Za-z0-9-]{1,40}"),
    "seconds": re.compile(r"-?\d{1,12}(?:\.\d{1,9})?"),
    "reason": re.compile(r"[A-Za-z0-9 _.-]{1,80}"),
}


@dataclass(frozen=True, slots=True)
class Template:
    """The words taken apart: what comes first, then each hole with what follows it."""

    first: str
    rest: tuple[tuple[str, str], ...]

    @property
    def weight(self) -> int:
        """Characters that are literally asked for: more of them tell more."""
        return len(self.first) + sum(len(literal) for _, literal in self.rest)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the words were found, and what stood in the holes."""

    start: int
    end: int
    facts: Mapping[str, str]


@cache
def template(words: str) -> Template:
    """The words of a `Printed`, ready to be looked for."""
    first, *others = _HOLE.split(words.lower())
    names = _HOLE.findall(words)
    return Template(first, tuple(zip(names, others[1::2], strict=True)))


def find(wanted: Template, given: Given) -> Place | None:
    """The first place at which all the words stand, one after the other."""
    start = given.low.find(wanted.first)
    for _ in range(_MOST_TRIES):
        if start < 0:
            return None
        found = _follow(wanted, given, start)
        if found is not None:
            return found
        start = given.low.find(wanted.first, start + 1)
    return None


def _follow(wanted: Template, given: Given, start: int) -> Place | None:
    at, facts = start + len(wanted.first), {}
    for name, literal in wanted.rest:
        if literal:
            end = given.low.find(literal, at, at + _WIDEST_GAP + len(literal))
            value = given.text[at:end] if end >= 0 else "\n"
        else:
            shape = _SHAPES.get(name, _FREE).match(given.text, at)
            value = shape[0] if shape else "\n"
            end = at + len(value)
        if name:
            value = value.strip(_AROUND)
            if not _SHAPES.get(name, _FREE).fullmatch(value):
                return None
            facts[name] = value
        elif end < 0:
            return None
        at = end + len(literal)
    return Place(start, at, facts)
