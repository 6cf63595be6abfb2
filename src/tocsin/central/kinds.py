"""What the document is told about kinds of sources and actions: their schemas and checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

Check = Callable[[Any], Sequence[tuple[str, str]]]
"""Problems that a schema alone does not see, as (field, message)."""


@dataclass(frozen=True, slots=True)
class KindSchema:
    """A kind's settings, which have a `name`, and their check."""

    settings: type[BaseModel]
    check: Check


@dataclass(frozen=True, slots=True)
class Kinds:
    """Every kind there is, by its name."""

    sources: Mapping[str, KindSchema]
    actions: Mapping[str, KindSchema]
    check_when: Callable[[Mapping[str, object]], Sequence[tuple[str, str]]]
    """Problems of a rule's conditions, as (field, message)."""
