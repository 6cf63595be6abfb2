"""The disk of the home is full: nothing is accepted that is not stored, and all goes on after."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from manager import Program, alarms, document_of, is_settled, metrics, wait_until
from relaythread import Held, RelayThread
from reporter import Reporter

SIZE = "24m"
AT_ONCE = 20
LONG = "a sentence that takes room on the disk. " * 100


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own for the home."""
    place = tmp_path / "home"
    place.mkdir(mode=0o700)
    options = ["-o", f"size={SIZE},mode=700"]
    command = ["mount", "-t", "tmpfs", *options, "tmpfs", str(place)]
    mounted = subprocess.run(command, capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("a disk can be mounted by root alone, outside of most containers")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture
def program(tmp_path: Path, disk: Path) -> Iterator[Program]:
    """A home on that disk; what was started is ended before the disk goes."""
    one = Program(tmp_path)
    yield one
    one.stop()


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[RelayThread]:
    """A relay that has room."""
    one = RelayThread(tmp_path / "relay")
    one.start()
    yield one
    one.stop()


class Ballast:
    """Fills a disk to its last octet, and gives the room back."""

    def __init__(self, disk: Path) -> None:
        self._path = disk / "ballast"

    def fill(self) -> None:
        """Take all the room there is."""
        with self._path.open("ab", buffering=0) as stream:
            for size in (1 << 20, 1 << 12, 1):
                _write_until_full(stream.fileno(), bytes(size))
        assert os.statvfs(self._path).f_bavail == 0

    def drop(self) -> None:
        """Give it back."""
        self._path.unlink()


def _write_until_full(handle: int, piece: bytes) -> None:
    with contextlib.suppress(OSError):
        while os.write(handle, piece):
            pass


def batch(number: int) -> list[dict[str, Any]]:
    """Alarms that need room."""
    return [
        {**one, "details": LONG, "dedup_key": f"{number}/{place}"}
        for place, one in enumerate(alarms(AT_ONCE, f"batch {number} alarm"))
    ]


def kill_responder(up: subprocess.Popen[bytes]) -> None:
    """End it without warning; the supervisor starts it again."""
    for pid in Path(f"/proc/{up.pid}/task/{up.pid}/children").read_text().split():
        if b"responder" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
            os.kill(int(pid), signal.SIGKILL)


def refused_a_change(program: Program) -> None:
    """What the journal has room for again may still be taken; then a change is refused whole."""
    for round_ in range(100):
        sources = [
            {
                "name": f"{LONG[:70]}{round_} {place}",
                "kind": "eve",
                "path": f"/nowhere/{place}.json",
                "enabled": False,
            }
            for place in range(200)
        ]
        (program.folder / "large.yaml").write_text(yaml.safe_dump({"sources": sources}))
        done = program.run("config", "apply", "large.yaml", status=None)
        if done.returncode:
            assert done.returncode == 3
            assert "full" in done.stderr
            return
    raise AssertionError("a full disk took a hundred changes")


def test_a_full_disk_takes_nothing_half_and_gives_everything_back(
    program: Program, relay: RelayThread, disk: Path
) -> None:
    """503 store.full instead of a 202 that is not true; what was under way is marked or known."""
    program.apply(document_of(relay.facts))
    url = program.up()
    (up,) = [one for one in program._running if "up" in one.args]
    token = program.json("token", "add", "t", "--role", "responder")["token"]
    reporter, ballast = Reporter(int(url.rpartition(":")[2]), token), Ballast(disk)
    held = Held()
    relay.behave(at_end=held)
    numbers = iter(range(10_000))
    assert reporter.try_once(batch(next(numbers)))
    wait_until(lambda: held.waiting > 0, "a mail between claim and record")

    ballast.fill()
    # What the journal has room for already is still taken; then nothing is.
    wait_until(lambda: not reporter.try_once(batch(next(numbers))), "a full store")
    for _ in range(10):
        reporter.try_once(batch(next(numbers)))
    assert set(reporter.refusals) == {(503, "store.full")}
    assert reporter.unanswered == 0
    refused_a_change(program)
    versions = program.json("config", "history")
    held.let_go()
    wait_until(lambda: len(relay.taken) > 0, "a 250 that cannot be recorded")
    kill_responder(up)
    time.sleep(1.0)

    ballast.drop()
    wait_until(lambda: reporter.try_once(batch(next(numbers))), "room to be used again")
    reporter.hang_up()
    wait_until(lambda: is_settled(metrics(url)), "every outcome", 120)
    stored, deliveries = program.json("alarm", "list"), program.json("deliveries")
    assert {one["dedup_key"]: one["id"] for one in stored} == reporter.accepted
    assert sorted(id_ for one in deliveries for id_ in one["alarms"]) == sorted(
        reporter.accepted.values()
    )
    assert {one["state"] for one in deliveries} == {"delivered"}
    arrived = relay.arrived()
    assert set(arrived) == {one["message_id"] for one in deliveries}
    twice = {id_ for id_, count in arrived.items() if count > 1}
    marked = {one["message_id"] for one in deliveries if one["maybe_twice"]}
    assert twice
    assert twice <= marked
    assert program.json("config", "history") == versions
    program.apply({"rules": [{"name": "Everything", "when": {}, "active": ["Mail the SOC"]}]})
