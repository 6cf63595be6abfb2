"""What a kind of source offers; `engine.kinds` lists the kinds there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel

from tocsin.domain.alarm import Report

Position = Mapping[str, Any]
"""How far a source was read, in the kind's own words; plain data that JSON can hold."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A record that could not be read, and where it stands.

    `device` and `inode` say which file `file` was when it was read, because rotation
    gives a file other names later; `content` is the record's beginning, `length` counts
    all its bytes.
    """

    file: str
    offset: int
    reason: str
    content: bytes
    length: int = 0
    device: int = 0
    inode: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """What one reading gave; `position` is where the next one goes on.

    `position` must be stored in the transaction of the alarms made of `reports`, also
    when there are none. `records` counts everything read: reports, broken records, and
    `other`, good records that are no alerts. `notes` are sentences about what the reader
    cannot be sure of, such as a file that vanished before its end was read.
    """

    reports: Sequence[Report]
    position: Position
    records: int
    broken: Sequence[Broken]
    more: bool
    """Whether there is more to read at once."""
    notes: Sequence[str] = ()

    @property
    def other(self) -> int:
        """Good records that nothing is to be told of."""
        return self.records - len(self.reports) - len(self.broken)


class Reader(Protocol):
    """A source being read. Nothing counts as read before its position was stored."""

    def read(self) -> Batch | None:
        """What is new, bounded in size, or None; never waits.

        Raises:
            OSError: the source cannot be read now; the same call may succeed later.
        """

    @property
    def ready(self) -> bool:
        """Whether the source is open."""

    @property
    def waiting_for(self) -> str | None:
        """What is missing while the source is not open, for people; None when it is."""

    def close(self) -> None:
        """Let go of it; a later `read` opens it again where it left off."""


class SourceKind(Protocol):
    """A kind of source."""

    @property
    def name(self) -> str:
        """As it stands under ``kind`` in the document."""

    @property
    def label(self) -> str:
        """As pages call it."""

    @property
    def settings(self) -> type[BaseModel]:
        """The schema of its settings."""

    def check(self, settings: Any) -> list[tuple[str, str]]:
        """Problems that the schema alone does not see, as (field, message)."""

    def open(self, settings: Any, position: Position | None) -> Reader:
        """A reader that goes on from that position; None when nothing was read yet.

        Touches nothing before the first `read`.

        Raises:
            ValueError: the position is none of this kind.
        """

    def where(self, settings: Any) -> Path:
        """What is read."""
