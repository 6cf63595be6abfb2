"""Filters of lists: read from the address, written back into it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from django.http import HttpRequest, QueryDict

Word = TypeVar("Word", bound=StrEnum)

_YES_NO = {"yes": True, "no": False}
_PAGING = ("cursor",)


def text(request: HttpRequest, name: str) -> str | None:
    """A text that was asked for; None when there is none."""
    return request.GET.get(name, "").replace("\0", "").strip() or None


def word(request: HttpRequest, name: str, words: type[Word]) -> Word | None:
    """One of the words that a field knows; anything else is as if nothing was asked."""
    try:
        return words(request.GET.get(name, ""))
    except ValueError:
        return None


def truth(request: HttpRequest, name: str) -> bool | None:
    """``yes`` or ``no``; anything else is as if nothing was asked."""
    return _YES_NO.get(request.GET.get(name, ""))


def query(request: HttpRequest, **changes: str | None) -> str:
    """The present filters as a query, with changes; empty values and the place are left out."""
    kept: QueryDict = request.GET.copy()
    for name in _PAGING:
        kept.pop(name, None)
    for name, value in changes.items():
        kept[name] = value or ""
    for name in [name for name, value in kept.items() if not value]:
        del kept[name]
    encoded = kept.urlencode()
    return f"?{encoded}" if encoded else ""


def chosen(request: HttpRequest, names: tuple[str, ...]) -> Mapping[str, str]:
    """What is chosen in each filter, for its form."""
    return {name: request.GET.get(name, "").strip() for name in names}
