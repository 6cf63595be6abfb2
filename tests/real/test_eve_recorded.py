"""Recorded logs of real sensors, read as a source reads them."""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tocsin.domain.alarm import CATEGORIES, Report
from tocsin.domain.severity import Severity
from tocsin.intake.eve.kind import Eve, EveReader
from tocsin.intake.eve.settings import EveSettings
from tocsin.intake.kind import Batch
from tocsin.rehearsal.scenario.record import Connection, community_id

HONEYPOT = "ssh-honeypot-2023.eve.json.gz"
PART_OF_HONEYPOT = "ssh-honeypot-2023-alerts.eve.json.gz"


def content_of(path: Path) -> bytes:
    """A log, unpacked."""
    content = path.read_bytes()
    return gzip.decompress(content) if path.suffix == ".gz" else content


def logs(recorded: Path) -> list[Path]:
    """Every recorded EVE log."""
    found = sorted((recorded / "eve").glob("**/*.eve.json*"))
    assert found
    return found


def reader_of(path: Path) -> EveReader:
    """A reader of that file from its start."""
    return Eve().open(EveSettings(name="ids-1", kind="eve", path=str(path)), None)


def batches(reader: EveReader) -> Iterator[Batch]:
    """What can be read now."""
    while (batch := reader.read()) is not None:
        assert batch.notes == ()
        yield batch


def read_all(path: Path, content: bytes) -> list[Batch]:
    """Everything of a log that lies still."""
    path.write_bytes(content)
    os.utime(path, (1000, 1000))
    reader = reader_of(path)
    found = list(batches(reader))
    reader.close()
    return found


def test_every_recorded_record_is_read(recorded: Path, tmp_path: Path) -> None:
    """Every line of every log is read, each alert becomes a report, and none is broken."""
    alerts = 0
    for log in logs(recorded):
        content = content_of(log)
        expected = Counter(json.loads(line)["event_type"] for line in content.splitlines())
        found = read_all(tmp_path / "eve.json", content)
        assert sum(len(one.broken) for one in found) == 0, log.name
        assert sum(one.records for one in found) == expected.total(), log.name
        assert sum(len(one.reports) for one in found) == expected["alert"], log.name
        if log.name != PART_OF_HONEYPOT:
            alerts += expected["alert"]
        for batch in found:
            for report in batch.reports:
                assert_complete(report)
    assert alerts == 2394


def assert_complete(report: Report) -> None:
    """A real alert has a name, both ends, a time, and text that is fit to be shown."""
    assert report.type.isprintable()
    assert not report.type.startswith("Signature ")
    assert report.category in CATEGORIES
    assert report.started_at is not None
    assert report.source_host.ip is not None
    assert report.target_host.ip is not None
    assert report.target_host.port is not None
    assert report.protocol in {"TCP", "UDP"}
    assert len(report.details.splitlines()) >= 3
    assert report.attributes["signature_id"].isdigit()
    assert all(value.isprintable() and len(value) <= 1000 for value in report.attributes.values())


def test_our_own_records_name_flows_as_sensors_do(recorded: Path) -> None:
    """The scenario's Community IDs are computed as the recorded sensor computed them."""
    compared = 0
    for line in content_of(recorded / "eve" / PART_OF_HONEYPOT).splitlines():
        record = json.loads(line)
        ends = record["src_ip"], record["src_port"], record["dest_ip"], record["dest_port"]
        connection = Connection(0, 0, *ends, record["proto"], "", 0, 0)
        assert community_id(connection) == record["community_id"]
        compared += 1
    assert compared == 1794


def test_what_became_of_the_honeypot(recorded: Path, tmp_path: Path) -> None:
    """The graded and counted result of the whole sensor log stays what it is."""
    found = read_all(tmp_path / "eve.json", content_of(recorded / "eve" / HONEYPOT))
    reports = [report for batch in found for report in batch.reports]
    assert sum(batch.records for batch in found) == 40_231
    assert Counter(report.severity for report in reports) == {
        Severity.MAJOR: 59,
        Severity.MINOR: 1546,
        Severity.TRIVIAL: 90,
        Severity.INFORMATIONAL: 99,
    }
    assert Counter(report.category for report in reports) == {
        "Concern Index": 850,
        "Recon": 722,
        "Anomaly": 177,
        "Exploitation": 43,
        "Policy Violation": 2,
    }
    assert len({report.key() for report in reports}) == 275
    exploits = {report.type for report in reports if report.category == "Exploitation"}
    assert len(exploits) == 3


@pytest.mark.parametrize("in_place", [False, True], ids=["renamed", "copied"])
def test_the_honeypot_through_rotation(recorded: Path, tmp_path: Path, *, in_place: bool) -> None:
    """Cut anywhere, rotated often and with restarts between, the log gives the same alerts."""
    content = content_of(recorded / "eve" / PART_OF_HONEYPOT)
    path = tmp_path / "eve.json"
    seen: list[str] = []
    position = None
    step, offset, rotations = 77_777, 0, 0
    path.touch()
    while offset < len(content):
        piece = content[offset : offset + step]
        with path.open("ab") as stream:
            stream.write(piece)
        offset += len(piece)
        reader = Eve().open(EveSettings(name="ids-1", kind="eve", path=str(path)), position)
        batch = reader.read(most_records=50)
        reader.close()
        if batch is not None:
            position = batch.position
            seen += [report.attributes["flow_id"] for report in batch.reports]
        if piece.endswith(b"\n") or offset >= len(content):
            continue
        # A sensor ends its line before it goes on to another file.
        end = content.index(b"\n", offset) + 1
        with path.open("ab") as stream:
            stream.write(content[offset:end])
        offset = end
        rotations += 1
        aside = tmp_path / f"eve.json-20230903{rotations:02}"
        if in_place:
            aside.write_bytes(path.read_bytes())
            os.truncate(path, 0)
        else:
            path.rename(aside)
    reader = Eve().open(EveSettings(name="ids-1", kind="eve", path=str(path)), position)
    for batch in batches(reader):
        assert not batch.broken
        seen += [report.attributes["flow_id"] for report in batch.reports]
    reader.close()
    assert rotations > 5
    assert seen == [str(json.loads(line)["flow_id"]) for line in content.splitlines()]
