"""What every list of the API takes, and how it is given in parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

from django.http import HttpRequest
from ninja import Schema
from pydantic import AfterValidator, ValidationInfo, model_validator

from tocsin.engine.errors import NotFound, Refused
from tocsin.faults.fault import Finding

MOST = 1000
"""Items of one part of a list."""

One = TypeVar("One")


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("holds a NUL character")
    return text


Text = Annotated[str, AfterValidator(_without_nul)]
"""Text that every store can be asked for."""


class Conditions(Schema):
    """Names that the query of a request may hold; a mistyped one would list too much."""

    @model_validator(mode="before")
    @classmethod
    def _refuse_others(cls, values: Any, info: ValidationInfo) -> Any:
        request: HttpRequest | None = (info.context or {}).get("request")
        for name in request.GET if request is not None else ():
            if name not in cls.model_fields:
                known = ", ".join(cls.model_fields)
                problem = f"is no name that this request takes; known are: {known}"
                raise Refused(Finding("input.invalid", {"field": repr(name), "problem": problem}))
        return values


class Paging(Conditions):
    """Which part of a list is wanted."""

    limit: int = MOST
    cursor: Text | None = None


def clamp(limit: int) -> int:
    """The number of items a list gives: 1 to 1,000."""
    return max(1, min(limit, MOST))


def part_of(
    items: Sequence[One], wanted: Paging, name_of: Callable[[One], str]
) -> tuple[Sequence[One], str | None]:
    """A part of a list whose items have names of their own, and the cursor of what follows.

    The cursor is the name of the last item given, so that what is added or removed
    meanwhile moves nothing out of sight.

    Raises:
        NotFound: the cursor names no item (any more).
    """
    start = 0
    if wanted.cursor is not None:
        names = [name_of(one) for one in items]
        if wanted.cursor not in names:
            raise NotFound("cursor", wanted.cursor)
        start = names.index(wanted.cursor) + 1
    end = start + clamp(wanted.limit)
    part = items[start:end]
    return part, name_of(part[-1]) if end < len(items) else None
