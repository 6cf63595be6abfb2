"""The EVE file as a source."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tocsin.intake.eve.kind import Eve
from tocsin.intake.eve.settings import EveSettings
from tocsin.intake.kind import Batch

ALERT = {"event_type": "alert", "alert": {"signature": "LOCAL a", "severity": 1}}
STATS = {"event_type": "stats", "stats": {"uptime": 5}}


def settings(**changes: Any) -> EveSettings:
    """Settings as the document gives them."""
    return EveSettings.model_validate(
        {"name": "ids-1", "kind": "eve", "path": "/var/log/suricata/eve.json", **changes}
    )


def read(path: Path, content: bytes) -> Batch:
    """The batch of a file of that content."""
    path.write_bytes(content)
    reader = Eve().open(settings(path=str(path)), None)
    batch = reader.read()
    assert batch is not None
    reader.close()
    return batch


def test_the_document_as_the_contract_writes_it() -> None:
    """``from`` is the document's word, in and out; times are seconds, an hour by default."""
    made = settings(**{"from": "end"})
    assert made.start == "end"
    assert made.quiet_after_us == 3_600_000_000
    assert made.max_age_us is None
    assert settings(max_age=60).max_age_us == 60_000_000
    again = made.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert again["from"] == "end"
    assert EveSettings.model_validate(again) == made


@pytest.mark.parametrize(
    "changes",
    [
        {"from": "middle"},
        {"kind": "zeek"},
        {"path": ""},
        {"quiet_after": 0},
        {"max_age": -1},
        {"name": ""},
        {"name": " ids"},
        {"name": "a\nb"},
        {"colour": "red"},
    ],
)
def test_settings_that_do_not_fit_are_refused(changes: dict[str, Any]) -> None:
    """Unknown fields and impossible values are refused by the schema."""
    with pytest.raises(ValidationError):
        settings(**changes)


def test_paths_that_cannot_work_are_told(tmp_path: Path) -> None:
    """A path that is not whole, or leads to no file, is a problem; a missing file is none."""
    file = tmp_path / "eve.json"
    assert Eve().check(settings(path=str(file))) == []
    file.touch()
    assert Eve().check(settings(path=str(file))) == []
    for path, words in (
        ("eve.json", "whole path"),
        ("/a\0b", "NUL"),
        (str(tmp_path), "is a folder"),
        ("/dev/null", "not a regular file"),
    ):
        ((field, message),) = Eve().check(settings(path=path))
        assert field == "path"
        assert words in message


def test_alerts_others_and_broken_lines_are_told_apart(tmp_path: Path) -> None:
    """Every line is counted as what it is, and nothing stops the reading."""
    lines = [
        json.dumps(ALERT).encode(),
        json.dumps(STATS).encode(),
        b'{"event_type": "alert", "alert"',
        b"[1, 2]",
        b"\xff\xfe",
        b'{"event_type": "alert"}',
        b'{"no": "event"}',
        b"[" * 100_000,
        json.dumps(ALERT).encode() + b"\r",
    ]
    batch = read(tmp_path / "eve.json", b"\n".join(lines) + b"\n")
    assert [one.type for one in batch.reports] == ["LOCAL a", "LOCAL a"]
    assert (batch.records, batch.other, len(batch.broken)) == (9, 1, 6)
    assert [one.reason.split(":")[0] for one in batch.broken] == [
        "not JSON",
        "JSON, but not an object",
        "not JSON",
        "an alert record without an alert object",
        "no EVE record",
        "not JSON",
    ]
    content = (tmp_path / "eve.json").read_bytes()
    about = (tmp_path / "eve.json").stat()
    for one in batch.broken:
        assert content[one.offset : one.offset + one.length].startswith(one.content)
        assert content[one.offset + one.length] == 0x0A
        assert len(one.content) <= 4096
        assert one.file == str(tmp_path / "eve.json")
        assert (one.device, one.inode) == (about.st_dev, about.st_ino)


def test_opening_touches_nothing_and_bad_positions_are_refused(tmp_path: Path) -> None:
    """A reader is inert until it is read from; a position of another kind is no position."""
    reader = Eve().open(settings(path=str(tmp_path / "missing" / "eve.json")), None)
    assert not reader.ready
    with pytest.raises(ValueError, match="stored position"):
        Eve().open(settings(), {"cursor": 5})


def test_a_position_is_told_before_there_is_a_record(tmp_path: Path) -> None:
    """Where reading began is worth storing: a crash must not move the beginning."""
    path = tmp_path / "eve.json"
    path.write_bytes(json.dumps(ALERT).encode() + b"\n")
    reader = Eve().open(settings(path=str(path), **{"from": "end"}), None)
    batch = reader.read()
    assert batch is not None
    assert batch.records == 0
    assert batch.position["offset"] == path.stat().st_size
    assert reader.read() is None
    reader.close()


def test_a_record_without_a_line_end_at_the_end_of_a_still_file(tmp_path: Path) -> None:
    """A file that was made by hand, without a last line end, is read whole."""
    path = tmp_path / "eve.json"
    path.write_bytes(json.dumps(ALERT).encode())
    os.utime(path, (1000, 1000))
    assert len(read_still(path).reports) == 1


def read_still(path: Path) -> Batch:
    """The first batch with something in it."""
    reader = Eve().open(settings(path=str(path)), None)
    batch = reader.read()
    while batch is not None and not batch.records:
        batch = reader.read()
    assert batch is not None
    reader.close()
    return batch
