"""What a kind of source offers; `engine.kinds` lists the kinds there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel

from tocsin.domain.alarm import Report

Position = Mapping[str, Any]
"""How far a source was read, in the kind's own words; plain data."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A record that could not be read, and where it stands."""

    file: str
    offset: int
    reason: str
    content: bytes
    """Its beginning."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one reading gave; `position` is where the next one goes on."""

    reports: Sequence[Report]
    position: Position
    records: int
    broken: Sequence[Broken]
    more: bool
    """Whether there is more to read at once."""


class Reader(Protocol):
    """A source being read. Nothing counts as read before its position was stored."""

    def read(self) -> Batch | None:
        """What is new, or None; never waits.

        Raises:
            OSError: the source cannot be read now.
        """

    @property
    def ready(self) -> bool:
        """Whether the source is open."""

    def close(self) -> None:
        """Let go of it."""


class SourceKind(Protocol):
    """A kind of source."""

    name: str
    label: str
    settings: type[BaseModel]

    def check(self, settings: Any) -> list[tuple[str, str]]:
        """Problems that the schema alone does not see, as (field, message)."""

    def open(self, settings: Any, position: Position | None) -> Reader:
        """A reader that goes on from that position; None when nothing was read yet."""

    def where(self, settings: Any) -> Path:
        """What is read."""
