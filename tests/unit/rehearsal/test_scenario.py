"""The scenario of the demonstration, and the file that it is written to."""

from __future__ import annotations

import ipaddress
import json
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tocsin.domain.severity import Severity
from tocsin.intake.eve.record import report_of
from tocsin.rehearsal.scenario import LENGTH_S, scenario, write_stream

START = 1_795_608_000_000_000
SEEDS = pytest.mark.parametrize("seed", [0, 1, 20261124])
DOCUMENTATION = [
    ipaddress.ip_network(one)
    for one in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
]


def alerts(seed: int) -> list[dict[str, Any]]:
    """The alerts of that story, in order."""
    return [one for _, one in scenario(seed, START) if one["event_type"] == "alert"]


@SEEDS
def test_two_hundred_alerts_of_thirty_signatures_from_forty_hosts(seed: int) -> None:
    """Every seed tells a story of the same size, beside the records of any real log."""
    told = alerts(seed)
    assert len(told) == 200
    assert len({one["alert"]["signature"] for one in told}) == 30
    assert len({one["alert"]["signature_id"] for one in told}) == 30
    assert len({one["src_ip"] for one in told}) == 40
    kinds = Counter(one["event_type"] for _, one in scenario(seed, START))
    assert set(kinds) == {"alert", "flow", "ssh", "dns", "stats"}
    assert min(kinds.values()) >= 40


def test_the_same_seed_tells_the_same_story() -> None:
    """A story can be told again; another seed tells another."""
    assert list(scenario(7, START)) == list(scenario(7, START))
    assert list(scenario(7, START)) != list(scenario(8, START))


@SEEDS
def test_records_come_in_order_within_the_hour(seed: int) -> None:
    """Offsets ascend from zero, and the records' own times agree with them."""
    told = list(scenario(seed, START))
    assert told[0][0] == 0
    assert all(before[0] <= after[0] for before, after in pairwise(told))
    assert told[-1][0] <= LENGTH_S
    for offset, record in told:
        if record["event_type"] == "alert":
            report = report_of(record, "demo")
            assert report is not None
            assert report.started_at == START + round(offset * 1_000_000)


@SEEDS
def test_only_addresses_and_names_for_documentation(seed: int) -> None:
    """Nothing in the story belongs to anybody."""
    for _, record in scenario(seed, START):
        for side in ("src_ip", "dest_ip"):
            if side in record:
                address = ipaddress.ip_address(record[side])
                assert any(address in network for network in DOCUMENTATION), address
        for part, name in (("http", "hostname"), ("tls", "sni"), ("dns", "rrname")):
            said = record.get(part, {}).get(name)
            if said is not None:
                assert said.endswith((".example.com", ".example.net", ".example.org"))


def test_signatures_are_our_own() -> None:
    """They are marked as a demonstration, with numbers kept for rules of one's own."""
    for one in alerts(1):
        assert one["alert"]["signature"].startswith("TOCSIN-DEMO ")
        assert 1_000_000 <= one["alert"]["signature_id"] < 2_000_000


@SEEDS
def test_the_story_grows_graver(seed: int) -> None:
    """It is a scan, then guessing, then a break-in, then data going out, and reads as such."""
    reports = [report_of(one, "demo") for one in alerts(seed)]
    told = [one for one in reports if one is not None]
    first: dict[str, int] = {}
    for place, report in enumerate(told):
        first.setdefault(report.category, place)
    assert first["Recon"] < first["Exploitation"] < first["C&C"] < first["Exfiltration"]
    assert {one.severity for one in told} == set(Severity)
    quarter = len(told) // 4
    graver = [one.severity.rank for one in told]
    assert sum(graver[:quarter]) < sum(graver[-quarter:])
    assert 100 < len({one.key() for one in told}) < 200


def test_an_answer_names_the_attacker_as_source() -> None:
    """What the victim's packet gave away is told with the intruder as the source."""
    (signed_in,) = [one for one in alerts(1) if "sign-in that holds" in one["alert"]["signature"]]
    report = report_of(signed_in, "demo")
    assert report is not None
    assert signed_in["src_ip"] == report.target_host.ip
    assert report.source_host.ip == signed_in["dest_ip"]
    assert report.severity is Severity.CRITICAL


class Time:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def wait(self, seconds: float) -> None:
        """Pass that time."""
        assert seconds > 0
        self.now += seconds

    def monotonic(self) -> float:
        """Seconds."""
        return self.now


def numbered(*offsets: float) -> Iterator[tuple[float, dict[str, Any]]]:
    """Small records at these seconds."""
    return ((offset, {"event_type": "stats", "at": offset}) for offset in offsets)


def read(path: Path) -> list[float]:
    """The seconds of the records of a file, each a line of its own."""
    content = path.read_bytes()
    assert content.endswith(b"\n")
    return [json.loads(line)["at"] for line in content.splitlines()]


def test_records_are_written_when_their_time_comes(tmp_path: Path) -> None:
    """The speed divides the time, and the file grows by whole lines."""
    time, sizes = Time(), []

    def wait(seconds: float) -> None:
        sizes.append((time.now, (tmp_path / "eve.json").stat().st_size))
        time.wait(seconds)

    path = tmp_path / "eve.json"
    written = write_stream(path, numbered(0, 10, 10, 30), 10.0, wait=wait, monotonic=time.monotonic)
    assert written == 4
    assert time.now == pytest.approx(103.0)
    assert read(path) == [0, 10, 10, 30]
    assert [moment for moment, _ in sizes] == pytest.approx([100.0, 101.0])
    assert sizes[0][1] < sizes[1][1] < path.stat().st_size


def test_the_file_is_rotated_once(tmp_path: Path) -> None:
    """From the moment of rotation on, records stand in a new file of the same name."""
    time, path = Time(), tmp_path / "eve.json"
    write_stream(
        path,
        numbered(0, 10, 20, 30, 40),
        rotate_at=20,
        wait=time.wait,
        monotonic=time.monotonic,
    )
    assert read(tmp_path / "eve.json.1") == [0, 10]
    assert read(path) == [20, 30, 40]
    assert len(list(tmp_path.iterdir())) == 2


def test_it_appends_to_what_is_there(tmp_path: Path) -> None:
    """A sensor that starts again goes on in the same file."""
    time, path = Time(), tmp_path / "eve.json"
    for _ in range(2):
        write_stream(path, numbered(0, 1), wait=time.wait, monotonic=time.monotonic)
    assert read(path) == [0, 1, 0, 1]


def test_it_ends_when_it_is_told(tmp_path: Path) -> None:
    """A wait that gives true, as that of an event, ends the writing after a whole line."""
    time, path = Time(), tmp_path / "eve.json"

    def wait(seconds: float) -> bool:
        time.wait(seconds)
        return time.now > 115

    written = write_stream(path, numbered(0, 10, 20, 30), wait=wait, monotonic=time.monotonic)
    assert written == 2
    assert read(path) == [0, 10]


@pytest.mark.parametrize("speed", [0, -1, float("nan")])
def test_a_speed_that_is_none_is_refused(tmp_path: Path, speed: float) -> None:
    """Time does not stand still or go backwards."""
    with pytest.raises(ValueError, match="speed"):
        write_stream(tmp_path / "eve.json", numbered(0), speed)
    assert list(tmp_path.iterdir()) == []
