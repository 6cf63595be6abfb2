"""Values that a rule gives: read, refused with words that help, folded for comparing."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

LONGEST_VALUE = 500
MOST_VALUES = 10_000


class BadCondition(ValueError):
    """A value that a field cannot be compared with, or a field that there is not."""

    def __init__(self, message: str, accepted: str = "") -> None:
        super().__init__(f"{message}; accepted: {accepted}" if accepted else message)


def several(value: object, accepted: str) -> list[object]:
    """The values, whether one was given or a list.

    Raises:
        BadCondition: the list is empty or unreasonably long.
    """
    values = list(value) if isinstance(value, list | tuple) else [value]
    if not values:
        raise BadCondition("an empty list fits no alarm", accepted)
    if len(values) > MOST_VALUES:
        raise BadCondition(f"{len(values):,} values", f"at most {MOST_VALUES:,}")
    return values


def texts(value: object, accepted: str) -> list[str]:
    """The values as texts without blanks at their ends; whole numbers are taken as written.

    Raises:
        BadCondition: one is no text, empty, too long or not printable.
    """
    found: list[str] = []
    for one in several(value, accepted):
        if isinstance(one, bool) or not isinstance(one, str | int):
            raise BadCondition(f"{brief(one)} is no text", accepted)
        text = str(one).strip()
        if not text or len(text) > LONGEST_VALUE or not text.isprintable():
            raise BadCondition(f"{brief(one)} is empty, too long or not printable", accepted)
        found.append(text)
    return found


def folded(text: str) -> str:
    """Text as it is compared: without regard to case and to blanks at its ends."""
    return text.strip().casefold()


def brief(value: object) -> str:
    """A value for a message."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}…"  # noqa: PLR2004


def near(word: str, known: Iterable[str]) -> str:
    """A hint at the nearest known word; empty when none is near."""
    by_folded = {folded(one): one for one in known}
    found = difflib.get_close_matches(folded(word), by_folded, 1)
    return f"; did you mean {by_folded[found[0]]}" if found else ""


def listed(words: tuple[str, ...], *, last: str) -> str:
    """Words in a sentence, the first few of many: "a, b or c"."""
    most = 5
    if len(words) > most:
        words = (*words[:most], f"{len(words) - most} more")
    *first, end = words
    return f"{', '.join(first)} {last} {end}" if first else end
