"""Entries of a part of the document that is a list: one put in, one taken out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tocsin.engine.errors import NotFound

Entry = Mapping[str, Any]


def put(present: Sequence[Entry], one: Entry, what: str, replaces: str | None) -> list[Entry]:
    """The entries with one more at the end, or in the place of the one named.

    Raises:
        NotFound: there is nothing to replace; `what` says what is meant.
    """
    if replaces is None:
        return [*present, one]
    without(present, what, replaces)
    return [one if other["name"] == replaces else other for other in present]


def without(present: Sequence[Entry], what: str, name: str) -> list[Entry]:
    """The entries but the one named.

    Raises:
        NotFound: there is none.
    """
    rest = [one for one in present if one["name"] != name]
    if len(rest) == len(present):
        raise NotFound(what, name)
    return rest
