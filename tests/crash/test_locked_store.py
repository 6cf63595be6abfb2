"""Another process holds the store's write lock: requests wait or are told, nothing is lost."""

from __future__ import annotations

import contextlib
import http.client
import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from manager import Program, alarms, document_of, is_settled, metrics, wait_until
from relaythread import RelayThread
from reporter import Reporter


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[RelayThread]:
    """A relay that takes everything."""
    one = RelayThread(tmp_path / "relay")
    one.start()
    yield one
    one.stop()


@contextlib.contextmanager
def locked(database: Path) -> Iterator[None]:
    """Hold the one write lock that the embedded store has."""
    connection = sqlite3.connect(database, isolation_level=None, timeout=60)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


def named(name: str, count: int = 5) -> list[dict[str, Any]]:
    """Alarms with a key each."""
    return [
        {**one, "dedup_key": f"{name}/{place}"} for place, one in enumerate(alarms(count, name))
    ]


def all_are_told(program: Program, relay: RelayThread, url: str, accepted: dict[str, str]) -> None:
    """Each accepted alarm is stored once and arrived once."""
    wait_until(lambda: is_settled(metrics(url)), "every outcome", 120)
    stored, deliveries = program.json("alarm", "list"), program.json("deliveries")
    assert {one["dedup_key"]: one["id"] for one in stored} == accepted
    told = [id_ for one in deliveries for id_ in one["alarms"]]
    assert sorted(told) == sorted(accepted.values())
    assert {(one["state"], one["maybe_twice"]) for one in deliveries} == {("delivered", False)}
    assert relay.arrived() == {one["message_id"]: 1 for one in deliveries}


def test_a_lock_is_waited_out_or_told(program: Program, relay: RelayThread) -> None:
    """A request waits or is told 503 store.locked and when to come again; all goes on after."""
    program.apply(document_of(relay.facts))
    url = program.up()
    token = program.json("token", "add", "t", "--role", "responder")["token"]
    port = int(url.rpartition(":")[2])
    with Reporter(port, token) as reporter:
        reporter.report(named("before", 200))
        wait_until(lambda: len(relay.taken) > 0, "the first mail")
        with locked(program.home / "tocsin.db"):
            metrics(url)  # reading goes on
            status, headers, told = post(port, token, named("refused"))
            for number in range(3):
                reporter.report(named(f"during {number}"))
            time.sleep(2)
            assert len(reporter.accepted) == 200
        assert (status, told["code"]) == (503, "store.locked")
        assert 0 < int(headers["Retry-After"]) <= 60
        wait_until(lambda: reporter.idle, "every 202")
        reporter.report(named("after"))
        wait_until(lambda: reporter.idle, "every 202")
    assert reporter.refusals == []
    assert len(reporter.accepted) == 220
    all_are_told(program, relay, url, reporter.accepted)


def post(port: int, token: str, batch: list[dict[str, Any]]) -> tuple[int, Any, dict[str, Any]]:
    """Report alarms once; gives status, headers and the answer itself."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    connection.request("POST", "/api/v1/alarms", json.dumps(batch), headers)
    answer = connection.getresponse()
    told = json.loads(answer.read())
    connection.close()
    return answer.status, answer.headers, told
