"""The contract of source kinds, held against every kind there is."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from tocsin.domain.alarm import SOURCE_TYPES
from tocsin.engine.kinds import SOURCES
from tocsin.intake.kind import SourceKind

KINDS = pytest.mark.parametrize("kind", SOURCES.values(), ids=list(SOURCES))
FIELDS = ("name", "kind", "enabled", "node", "quiet_after", "max_age")


def made(kind: SourceKind, tmp_path: Path) -> BaseModel:
    """Settings with no more than a kind needs."""
    return kind.settings.model_validate(
        {"name": "a", "kind": kind.name, "path": str(tmp_path / "not" / "there")}
    )


@KINDS
def test_a_kind_has_a_name_that_alarms_can_carry(kind: SourceKind) -> None:
    """The name is the source type of its alarms; the label is for people."""
    assert kind.name in SOURCE_TYPES
    assert kind.label.strip()


@KINDS
def test_settings_are_closed_frozen_and_complete(kind: SourceKind) -> None:
    """Unknown settings are refused, and those that the engine asks of all kinds are there."""
    assert kind.settings.model_config.get("extra") == "forbid"
    assert kind.settings.model_config.get("frozen")
    assert set(FIELDS) <= set(kind.settings.model_fields)
    kind.settings.model_json_schema()


@KINDS
def test_settings_come_back_as_they_were_shown(kind: SourceKind, tmp_path: Path) -> None:
    """What ``config show`` prints of a source, ``config apply`` takes."""
    settings = made(kind, tmp_path)
    shown = settings.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert kind.settings.model_validate(shown) == settings
    assert kind.check(settings) == []


@KINDS
def test_a_source_that_is_not_there_is_waited_for(kind: SourceKind, tmp_path: Path) -> None:
    """It is not ready, says what it waits for, raises nothing, and gives a storable position."""
    settings = made(kind, tmp_path)
    reader = kind.open(settings, None)
    batch = reader.read()
    assert not reader.ready
    assert reader.waiting_for
    if batch is not None:
        assert not batch.reports
        again = kind.open(settings, batch.position)
        assert again.read() is None
        again.close()
    reader.close()
    reader.close()


@KINDS
def test_a_position_of_another_kind_is_refused(kind: SourceKind, tmp_path: Path) -> None:
    """A reader does not begin anew by mistake."""
    with pytest.raises(ValueError, match="position"):
        kind.open(made(kind, tmp_path), {"of": "another kind"})
