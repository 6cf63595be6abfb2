"""Suricata's EVE log as a kind of source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from tocsin.base.clock import SECOND, Instant
from tocsin.domain.alarm import Report
from tocsin.intake.eve.follow import FilePosition, Follower, Line
from tocsin.intake.eve.record import BadRecord, report_of
from tocsin.intake.kind import Batch, Broken, Position

_SHOWN = 500
"""Bytes of a broken line that are kept."""


def _name(value: object) -> object:
    if isinstance(value, str) and (value != value.strip() or not value.isprintable()):
        raise ValueError("a name has printable characters and no blanks at its ends")
    return value


class EveSettings(BaseModel):
    """An EVE file to follow. `quiet_after` and `max_age` are in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    name: Annotated[str, BeforeValidator(_name)] = Field(min_length=1, max_length=100)
    kind: Literal["eve"]
    path: str = Field(min_length=1, max_length=4096)
    start: Literal["start", "end"] = Field(default="end", alias="from")
    enabled: bool = True
    node: str | None = Field(default=None, max_length=255)
    """The machine that follows it; every one when not given."""
    quiet_after: int = Field(default=3600, ge=1, le=10 * 365 * 86_400)
    max_age: int | None = Field(default=None, ge=1, le=10 * 365 * 86_400)

    @property
    def quiet_after_us(self) -> Instant:
        """`quiet_after` in microseconds."""
        return self.quiet_after * SECOND

    @property
    def max_age_us(self) -> Instant | None:
        """`max_age` in microseconds."""
        return None if self.max_age is None else self.max_age * SECOND


class Eve:
    """The kind."""

    name = "eve"
    label = "Suricata EVE log"
    settings = EveSettings

    def check(self, settings: EveSettings) -> list[tuple[str, str]]:
        """The path must be whole: roles do not start where the document lies."""
        if not settings.path.startswith("/"):
            return [("path", f"{settings.path!r} does not begin with /; a whole path is needed")]
        if "\0" in settings.path:
            return [("path", "holds NUL")]
        return []

    def open(self, settings: EveSettings, position: Position | None) -> EveReader:
        """A reader that goes on from that position."""
        return EveReader(settings, position)

    def where(self, settings: EveSettings) -> Path:
        """The file."""
        return Path(settings.path)


class EveReader:
    """Reads the reports of one EVE file."""

    def __init__(self, settings: EveSettings, position: Position | None) -> None:
        self._source = settings.name
        self._follower = Follower(
            Path(settings.path),
            None if position is None else FilePosition.from_plain(position),
            from_end=settings.start == "end",
        )
        self._told: FilePosition | None = self._follower.position

    @property
    def ready(self) -> bool:
        """Whether the file is open."""
        return self._follower.ready

    def close(self) -> None:
        """Let go of the file."""
        self._follower.close()

    def read(self) -> Batch | None:
        """The reports of the next lines; a batch without any tells a new position.

        Raises:
            OSError: the file cannot be read.
        """
        found = self._follower.read()
        if found is None:
            position = self._follower.position
            if position is None or position == self._told:
                return None
            # Opened for the first time, at its end say: that is worth keeping.
            self._told = position
            return Batch((), position.to_plain(), 0, (), more=False)
        reports: list[Report] = []
        broken: list[Broken] = []
        for line in found.lines:
            self._take(line, reports, broken)
        self._told = found.position
        return Batch(
            reports, found.position.to_plain(), len(found.lines), tuple(broken), more=found.more
        )

    def _take(self, line: Line, reports: list[Report], broken: list[Broken]) -> None:
        try:
            if line.too_long:
                raise BadRecord("the line is too long")  # noqa: TRY301 -- told like the others
            report = report_of(json.loads(line.content), self._source)
        except (ValueError, RecursionError) as error:
            broken.append(
                Broken(line.file, line.offset, str(error)[:300], line.content[:_SHOWN])
            )
        else:
            if report is not None:
                reports.append(report)
