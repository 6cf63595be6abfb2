"""Suricata's EVE log as a kind of source."""

from __future__ import annotations

from pathlib import Path

from pydantic_core import SchemaValidator, ValidationError, core_schema, from_json

from tocsin.domain.alarm import Report
from tocsin.intake.eve.record import ALERT, BadRecord, report_of
from tocsin.intake.eve.settings import EveSettings, check
from tocsin.intake.follow.follower import LONGEST_LINE, SHOWN, Follower, Line, Lines
from tocsin.intake.follow.position import FilePosition
from tocsin.intake.kind import Batch, Broken, Position

# Parses a whole line but makes objects of its event type only: the many records that are
# no alerts are checked to be JSON at a third of the cost of reading them.
_event_of = SchemaValidator(
    core_schema.typed_dict_schema(
        {"event_type": core_schema.typed_dict_field(core_schema.any_schema(), required=False)}
    )
).validate_json


class Eve:
    """The kind."""

    name = "eve"
    label = "Suricata EVE log"
    settings = EveSettings

    def check(self, settings: EveSettings) -> list[tuple[str, str]]:
        """Problems of the path."""
        return check(settings)

    def open(self, settings: EveSettings, position: Position | None) -> EveReader:
        """A reader that goes on from that position.

        Raises:
            ValueError: the position is none of a file.
        """
        return EveReader(settings, position)

    def where(self, settings: EveSettings) -> Path:
        """The file."""
        return Path(settings.path)


class EveReader:
    """Reads the alerts of one EVE file."""

    def __init__(self, settings: EveSettings, position: Position | None) -> None:
        self._source = settings.name
        self._follower = Follower(
            Path(settings.path),
            None if position is None else FilePosition.from_plain(position),
            start=settings.start,
            is_whole=_is_whole,
        )

    @property
    def ready(self) -> bool:
        """Whether the file is open."""
        return self._follower.ready

    @property
    def waiting_for(self) -> str | None:
        """What is missing while it is not."""
        return self._follower.waiting_for

    def close(self) -> None:
        """Let go of the file."""
        self._follower.close()

    def read(self, *, most_records: int = 2000, most_bytes: int = 1024 * 1024) -> Batch | None:
        """The reports of the next lines; a batch without any tells a new position.

        Raises:
            OSError: the file cannot be read now.
        """
        found = self._follower.read(most_lines=most_records, most_bytes=most_bytes)
        if found is None:
            return None
        reports: list[Report] = []
        broken: list[Broken] = []
        for line in found.lines:
            try:
                report = _report(line, self._source)
            except ValueError as error:
                broken.append(_broken(found, line, str(error)))
            else:
                if report is not None:
                    reports.append(report)
        return Batch(
            reports=reports,
            position=found.position.to_plain(),
            records=len(found.lines),
            broken=broken,
            more=found.more,
            notes=found.notes,
        )


def _is_whole(line: bytes) -> bool:
    try:
        _event_of(line)
    except ValidationError:
        return False
    return True


def _report(line: Line, source: str) -> Report | None:
    if line.too_long:
        raise BadRecord(f"the line has {line.length} bytes; {LONGEST_LINE} are the most")
    try:
        event = _event_of(line.content)
    except ValidationError as error:
        raise BadRecord(_words(error)) from None
    if event.get("event_type") != ALERT:
        return report_of(event, source)
    return report_of(from_json(line.content), source)


def _words(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_input=False)[0]
    if found["type"] == "json_invalid":
        return f"not JSON: {found['ctx']['error']}"
    return "JSON, but not an object"


def _broken(found: Lines, line: Line, reason: str) -> Broken:
    return Broken(
        file=str(found.path),
        offset=line.offset,
        reason=reason,
        content=line.content[:SHOWN],
        length=line.length,
        device=found.position.device,
        inode=found.position.inode,
    )
