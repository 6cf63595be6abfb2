"""A process that follows a log is killed at any moment: nothing is lost, nothing comes twice."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tocsin.intake import quarantine

KILLS = 8
RECORDS_BETWEEN = 150

FOLLOWING = """
import json, sqlite3, sys, time
from pathlib import Path
from tocsin.intake import quarantine
from tocsin.intake.eve.kind import Eve, EveSettings

log, store, folder = sys.argv[1:]
database = sqlite3.connect(store, isolation_level=None, timeout=30)
row = database.execute("SELECT position FROM position").fetchone()
settings = EveSettings(name="ids-1", kind="eve", path=log)
reader = Eve().open(settings, None if row is None else json.loads(row[0]))
if row is not None:
    print("following", flush=True)
while True:
    batch = reader.read(most_records=20)
    if batch is None:
        time.sleep(0.002)
        continue
    quarantine.keep(Path(folder), "ids-1", batch.broken)
    database.execute("BEGIN IMMEDIATE")
    database.executemany(
        "INSERT INTO seen (number) VALUES (?)",
        [(int(one.attributes["flow_id"]),) for one in batch.reports],
    )
    database.executemany("INSERT INTO note (note) VALUES (?)", [(one,) for one in batch.notes])
    database.execute("INSERT INTO position VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET "
                     "position = excluded.position", [json.dumps(batch.position)])
    database.execute("COMMIT")
    if row is None:
        row = print("following", flush=True) is None
"""


class Sensor:
    """Writes alerts with rising numbers, and now and then a line that is none."""

    def __init__(self, path: Path, chance: random.Random) -> None:
        self._path = path
        self._chance = chance
        self._stream = path.open("ab", buffering=0)
        self._rotations = 0
        self.written: list[int] = []
        self.broken = 0

    def write(self) -> None:
        """One line, sometimes in two pieces, so that a reader sees its half."""
        number = len(self.written)
        line = _alert(number)
        if self._chance.random() < 0.02:
            self._stream.write(line[: self._chance.randrange(20, len(line) - 2)] + b"\n")
            self.broken += 1
        cut = self._chance.randrange(len(line))
        self._stream.write(line[:cut])
        if self._chance.random() < 0.05:
            time.sleep(0.003)
        self._stream.write(line[cut:])
        self.written.append(number)

    def rotate(self) -> None:
        """In one of the ways that rotation has."""
        self._rotations += 1
        for place in range(self._rotations, 0, -1):
            older = self._path.with_name(f"eve.json.{place}")
            if older.exists():
                older.rename(self._path.with_name(f"eve.json.{place + 1}"))
        first = self._path.with_name("eve.json.1")
        match self._chance.randrange(3):
            case 0:
                shutil.copyfile(self._path, first)
                os.truncate(self._path, 0)
                return
            case 1:
                self._path.rename(first)
                self._path.touch()
                self.write()  # the sensor was not told yet
            case 2:
                self._path.rename(first)
        self._stream.close()
        self._stream = self._path.open("ab", buffering=0)

    def close(self) -> None:
        """End it."""
        self._stream.close()


def _alert(number: int) -> bytes:
    record = {
        "timestamp": f"2026-11-25T12:00:00.{number:06}+0000",
        "flow_id": number,
        "event_type": "alert",
        "src_ip": "192.0.2.7",
        "dest_ip": "198.51.100.22",
        "alert": {"signature": "LOCAL a", "signature_id": 1000001, "severity": 2},
    }
    return json.dumps(record).encode() + b"\n"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Where the following process stores what it read, together with how far it was."""
    database = sqlite3.connect(tmp_path / "store.db", isolation_level=None, timeout=30)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE seen (place INTEGER PRIMARY KEY, number INTEGER)")
    database.execute("CREATE TABLE note (note TEXT)")
    database.execute("CREATE TABLE position (id INTEGER PRIMARY KEY, position TEXT)")
    yield database
    database.close()


def _start(folder: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            FOLLOWING,
            str(folder / "log" / "eve.json"),
            str(folder / "store.db"),
            str(folder / "quarantine"),
        ],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"following\n"
    return process


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_random_while_the_log_is_written_and_rotated(
    tmp_path: Path, store: sqlite3.Connection, seed: int
) -> None:
    """Every record is stored once and in order, every broken line kept once, through all of it."""
    chance = random.Random(seed)
    (tmp_path / "log").mkdir()
    (tmp_path / "quarantine").mkdir()
    sensor = Sensor(tmp_path / "log" / "eve.json", chance)
    process = _start(tmp_path)
    for _ in range(KILLS):
        moment = chance.randrange(RECORDS_BETWEEN)
        for count in range(RECORDS_BETWEEN):
            sensor.write()
            if chance.random() < 0.01:
                sensor.rotate()
            if count == moment:
                _kill(process)
                if chance.random() < 0.5:
                    sensor.rotate()
                    sensor.write()
                    sensor.rotate()
            if count > moment and process.poll() is not None and chance.random() < 0.1:
                process = _start(tmp_path)
        if process.poll() is not None:
            process = _start(tmp_path)
    sensor.write()
    sensor.close()
    try:
        _await_all(process, store, len(sensor.written))
    finally:
        _kill(process)
    seen = [number for (number,) in store.execute("SELECT number FROM seen ORDER BY place")]
    assert seen == sensor.written
    assert store.execute("SELECT note FROM note").fetchall() == []
    kept = quarantine.file_of(tmp_path / "quarantine", "ids-1").read_text().splitlines()
    assert len(kept) == sensor.broken > 0


def _await_all(process: subprocess.Popen[bytes], store: sqlite3.Connection, count: int) -> None:
    """Until all is stored, or nothing more comes for long."""
    deadline, last = time.monotonic() + 30, -1
    while time.monotonic() < deadline and process.poll() is None:
        (stored,) = store.execute("SELECT count(*) FROM seen").fetchone()
        if stored >= count:
            return
        if stored != last:
            deadline, last = time.monotonic() + 30, stored
        time.sleep(0.01)
