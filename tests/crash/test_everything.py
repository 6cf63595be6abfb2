"""kill -9 of responder, web or all of it, a hundred times: what was accepted is told.

The client keeps exactly which alarms got their 202 and reports the others again; a sensor
writes a log beside it. The relay keeps every Message-ID. TOCSIN_SOAK gives other moments and
another order.
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from manager import (
    Program,
    alarms,
    document_of,
    entries,
    free_port,
    is_settled,
    metrics,
    wait_until,
)
from relaythread import RelayThread
from reporter import Reporter

SEED = int(os.environ.get("TOCSIN_SOAK", "20261124"))
ROUNDS = 100
SHARE = 60
"""Alarms reported in each round."""
LINES = 5
"""Alerts written to the log in each round."""
ALL = ROUNDS * (SHARE + LINES)
LATEST_S = 0.4
"""The longest that a role lives after it was seen at work."""
REPLY_S = 0.003
"""What the relay takes for each mail, so that a kill mostly finds some under way."""
MOST_IN_DOUBT = 4 * 64
"""Deliveries between claim and record: a window for each connection."""


class Manager:
    """A manager that is killed, in parts or as a whole, and comes back."""

    def __init__(self, program: Program, relay: RelayThread) -> None:
        self._program = program
        self._relay = relay
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self.start()
        token = program.json("token", "add", "sensor", "--role", "responder")["token"]
        self.reporter = Reporter(self._port, token)

    def start(self) -> None:
        """Start all of it."""
        arguments = ("up", "--http", "--bind", f"127.0.0.1:{self._port}")
        self._up = self._program.start(*arguments)

    def kill(self, victim: str) -> None:
        """End one part, or all, without warning; all is started again, a part starts by itself."""
        if victim == "everything":
            roles = _children(self._up.pid)
            self._up.kill()
            self._up.wait()
            for pid in roles:
                _kill(pid)
            wait_until(lambda: not any(_is_alive(pid) for pid in roles), "the end of all roles")
            self.start()
        elif victim == "web worker":
            for pid in _children(self._role("web")):
                _kill(pid)
        else:
            _kill(self._role(victim))

    def seen_at_work(self, victim: str) -> bool:
        """Whether it works: alarms get their 202, mails go out, as far as it is its part."""
        before = self._marks
        reports = self.reporter.answers > before[0] or victim == "responder"
        mails = len(self._relay.taken) > before[1] or victim.startswith("web")
        return reports and mails

    def mark(self) -> None:
        """What is seen from now on counts as work of what was started last."""
        self._marks = (self.reporter.answers, len(self._relay.taken))

    def _role(self, name: str) -> int:
        """The process of a role; 0 while there is none."""
        for pid in _children(self._up.pid):
            if name.encode() in _command_line(pid)[:4]:
                return pid
        return 0


def _children(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _command_line(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def _kill(pid: int) -> None:
    if pid:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def victims(dice: random.Random) -> list[str]:
    """Whom each round kills: in groups, since a role that ends again and again waits longer."""
    order: list[str] = []
    while len(order) < ROUNDS:
        group = ["responder", "responder", "web", "web worker", "everything"]
        dice.shuffle(group)
        order += group
    return order[:ROUNDS]


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[RelayThread]:
    """A relay that remembers what it took and takes its time for it."""
    one = RelayThread(tmp_path / "relay")
    one.behave(pause=REPLY_S)
    one.start()
    yield one
    one.stop()


def batches(dice: random.Random, round_: int) -> Iterator[list[dict[str, Any]]]:
    """The alarms of a round, some alone and some many at once."""
    left = [
        {**one, "dedup_key": f"{round_}/{place}"}
        for place, one in enumerate(alarms(SHARE, f"round {round_} alarm"))
    ]
    while left:
        size = dice.choice((1, 1, 3, 8, 20))
        yield left[:size]
        del left[:size]


def lines(round_: int) -> str:
    """The alerts of a round, as a sensor writes them."""
    record = {
        "timestamp": "2026-11-24T10:00:00.000000+0100",
        "event_type": "alert",
        "src_ip": "192.0.2.5",
        "dest_ip": "198.51.100.9",
    }
    named = [{"signature": f"line {round_}/{place}", "severity": 2} for place in range(LINES)]
    return "".join(json.dumps({**record, "alert": one}) + "\n" for one in named)


@pytest.mark.parametrize("seed", [SEED])
def test_nothing_accepted_is_lost_and_what_comes_twice_is_marked(
    program: Program, relay: RelayThread, tmp_path: Path, seed: int
) -> None:
    """A hundred kills, forty of the responder alone, while 6,500 mails are under way."""
    dice = random.Random(seed)
    log = tmp_path / "eve.json"
    source = {"name": "ids-1", "kind": "eve", "path": str(log), "from": "start"}
    program.apply(document_of(relay.facts, sources=[source]))
    manager = Manager(program, relay)
    with manager.reporter as reporter:
        for round_, victim in enumerate(victims(dice)):
            manager.mark()
            for batch in batches(dice, round_):
                reporter.report(batch)
            with log.open("a") as stream:
                stream.write(lines(round_))
            wait_until(lambda: manager.seen_at_work(victim), f"{victim} at work")  # noqa: B023
            time.sleep(dice.uniform(0, LATEST_S))
            manager.kill(victim)
        wait_until(lambda: reporter.idle, "a 202 for every alarm")
    wait_until(lambda: is_all_told(manager.url), "every outcome", 120)
    stored, deliveries = program.json("alarm", "list"), program.json("deliveries")
    all_are_stored(reporter, stored)
    all_are_delivered(relay, stored, deliveries)
    counters_agree(metrics(manager.url), stored, deliveries)


def is_all_told(url: str) -> bool:
    """Whether everything has come in and nothing is under way."""
    told = metrics(url)
    return told['tocsin_transitions_total{kind="active"}'] >= ALL and is_settled(told)


def all_are_stored(reporter: Reporter, stored: list[dict[str, Any]]) -> None:
    """Each alarm that got its 202 under the id that it got, each line once, nothing else."""
    assert {code for _, code in reporter.refusals} <= {"store.locked"}
    assert len(reporter.accepted) == ROUNDS * SHARE
    from_api = {one["dedup_key"]: one["id"] for one in stored if one["source_type"] == "api"}
    assert from_api == reporter.accepted
    from_log = {one["type"]: one["count"] for one in stored if one["source_type"] == "eve"}
    written = [f"line {round_}/{place}" for round_ in range(ROUNDS) for place in range(LINES)]
    assert from_log == dict.fromkeys(written, 1)
    assert len(stored) == ALL


def all_are_delivered(
    relay: RelayThread, stored: list[dict[str, Any]], deliveries: list[dict[str, Any]]
) -> None:
    """Each alarm has one delivery, it is delivered, and its mail arrived; a second is marked."""
    told = [alarm for one in deliveries for alarm in one["alarms"]]
    assert sorted(told) == sorted(one["id"] for one in stored)
    assert {one["state"] for one in deliveries} == {"delivered"}
    arrived = relay.arrived()
    assert set(arrived) == {one["message_id"] for one in deliveries}
    twice = {id_ for id_, count in arrived.items() if count > 1}
    marked = {one["message_id"] for one in deliveries if one["maybe_twice"]}
    assert twice <= marked
    assert 0 < len(marked) <= ROUNDS * MOST_IN_DOUBT
    for one in deliveries:
        codes = [attempt["code"] for attempt in one["attempts"]]
        assert one["maybe_twice"] == ("smtp.outcome-unknown" in codes), one["id"]
        assert arrived[one["message_id"]] <= len(codes), one["id"]


def counters_agree(
    told: dict[str, float], stored: list[dict[str, Any]], deliveries: list[dict[str, Any]]
) -> None:
    """What was counted through all of it is what the store holds."""
    for type_ in ("api", "eve"):
        reports = sum(one["count"] for one in stored if one["source_type"] == type_)
        assert told[f'tocsin_alarms_total{{source_type="{type_}"}}'] == reports
    assert told['tocsin_transitions_total{kind="active"}'] == len(stored) == len(deliveries)
    assert told['tocsin_deliveries_now{state="delivered"}'] == len(deliveries)
    assert entries(told, "delivered") == len(deliveries)
    # Whatever was claimed was waiting before, and whatever was claimed came to an end.
    waited = entries(told, "queued") + entries(told, "retrying")
    assert entries(told, "sending") == waited
    ended = sum(len(one["attempts"]) for one in deliveries)
    assert entries(told, "delivered") + entries(told, "retrying") == ended
