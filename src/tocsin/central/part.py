"""What every part of the document has in common, and the values that it is made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer

_MOST_NAME = 100


class Part(BaseModel):
    """A part of the document: unknown names are refused, values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


def _name(value: object) -> object:
    if isinstance(value, str) and not (
        value == value.strip() and value.isprintable() and 0 < len(value) <= _MOST_NAME
    ):
        raise ValueError(
            f"a name has 1 to {_MOST_NAME} printable characters and no blanks at its ends"
        )
    return value


def _printable(value: object) -> object:
    if isinstance(value, str) and not value.isprintable():
        raise ValueError("holds control characters")
    return value


# Python takes true for 1: "port: yes" would be port 1.


def _no_truth_value(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("is no whole number")  # noqa: TRY004 -- pydantic asks for it
    return value


def _number(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("is no number")  # noqa: TRY004 -- pydantic asks for it
    return value


def _short(value: float) -> float:
    """14 is written as 14, not as 14.0."""
    return int(value) if value.is_integer() else value


Name = Annotated[str, BeforeValidator(_name)]
Line = Annotated[str, BeforeValidator(_printable)]
WholeNumber = Annotated[int, BeforeValidator(_no_truth_value)]
Number = Annotated[
    float, BeforeValidator(_number), PlainSerializer(_short, when_used="unless-none")
]
