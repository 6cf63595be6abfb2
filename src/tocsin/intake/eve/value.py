"""Values of a record as text: whatever type they have, bounded, on one printable line."""

from __future__ import annotations

from collections.abc import Mapping

_REPLACED = "\N{REPLACEMENT CHARACTER}"
_EMPTY: Mapping[str, object] = {}


def line_of(value: object, longest: int) -> str:
    """Text of a string, number or truth value, at most so long; empty for anything else.

    What is not printable (control characters, line ends, marks that turn the direction of
    writing) becomes the replacement character.
    """
    if isinstance(value, str):
        text = value[: longest + 1]
    elif isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, int | float):
        text = _number(value)
    else:
        return ""
    if not text.isprintable():
        text = "".join(one if one.isprintable() else _REPLACED for one in text)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _number(value: float) -> str:
    try:
        return str(value)
    except ValueError:  # more digits than Python writes out
        return ""


def lines_of(value: object, longest: int) -> str:
    """The same for a list too: its members with commas between."""
    if not isinstance(value, list):
        return line_of(value, longest)
    # Each member takes two characters at least, so more members than that cannot show.
    members = [line_of(one, longest) for one in value[:longest]]
    return line_of(", ".join(one for one in members if one), longest)


def fields_of(value: object) -> Mapping[str, object]:
    """The fields of an object; none when it is no object."""
    return value if isinstance(value, dict) else _EMPTY


def first_of(value: object) -> object:
    """The first member of a list, else the value itself."""
    if isinstance(value, list):
        return value[0] if value else None
    return value


def whole_number_of(value: object) -> int | None:
    """An integer, also when it was written as text; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20:  # noqa: PLR2004 -- digits of 64 bits
        return int(value)
    return None
