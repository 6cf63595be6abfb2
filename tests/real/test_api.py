"""The API over the wire: the server in front of it, many callers at once, a real relay."""

from __future__ import annotations

import http.client
import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from manager import Program, alarms, document_of, wait_until


@dataclass(frozen=True)
class Scene:
    """A manager that runs, its relay, and a token for it."""

    program: Program
    relay: dict[str, Any]
    address: str
    token: str

    def ask(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, Any, http.client.HTTPResponse]:
        """One request on a connection of its own: status, the body as JSON, the answer."""
        connection = http.client.HTTPConnection(self.address, timeout=60)
        raw = body is None or isinstance(body, bytes | Iterator)
        data = body if raw else json.dumps(body).encode()
        bearer = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        connection.request(method, path, data, {**bearer, **headers})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, json.loads(text) if text else None, answer


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Started with a relay, an action and a rule."""
    program = Program(tmp_path_factory.mktemp("api"))
    relay = program.rehearse()
    program.apply(document_of(relay))
    url = program.up()
    token = program.json("token", "add", "test", "--role", "administrator")["token"]
    yield Scene(program, relay, urlsplit(url).netloc, token)
    program.stop()


def test_a_test_action_goes_all_the_way(scene: Scene):
    """The answer of the API is the relay's own 250, with the evidence and without secrets."""
    status, result, _ = scene.ask("POST", "/api/v1/actions/Mail%20the%20SOC/test")
    assert status == 200
    assert result["ok"] is True
    assert result["reply"].startswith("250 ")
    assert len(result["chain"]) == 4
    assert any(one["sent"].startswith("AUTH PLAIN ***") for one in result["transcript"])
    password = Path(scene.relay["password_file"]).read_text().strip()
    assert password not in json.dumps(result)
    _, delivery, _ = scene.ask("GET", f"/api/v1/deliveries/{result['delivery']}")
    assert delivery["state"] == "delivered"
    assert delivery["attempts"][0]["reply"] == result["reply"]


def test_a_chain_is_collected(scene: Scene):
    """The verdict is by the manager's own trust store."""
    where = {"host": scene.relay["host"], "port": scene.relay["port"], "timeout": 10}
    status, found, _ = scene.ask("POST", "/api/v1/certs/collect", where)
    assert status == 200
    assert found["verdict"]["trusted"] is True
    assert found["verdict"]["anchor_name"] == "Rehearsal Root CA 1"
    status, found, _ = scene.ask("POST", "/api/v1/certs/collect", {"host": "127.0.0.1", "port": 1})
    assert status == 200
    assert found["verdict"]["code"] == "tcp.refused"


def test_accepted_means_stored(scene: Scene):
    """After 202 another reader of the database file finds every alarm of the answer."""
    status, results, _ = scene.ask("POST", "/api/v1/alarms", list(alarms(100, "durable")))
    assert status == 202
    with closing(
        sqlite3.connect(f"file:{scene.program.home}/tocsin.db?mode=ro", uri=True)
    ) as store:
        stored = {one for (one,) in store.execute("SELECT id FROM alarm")}
    assert {one["id"] for one in results} <= stored


def test_many_callers_at_once_are_one_alarm(scene: Scene):
    """Eight senders of one key: one alarm, and no report is lost or doubled."""
    report = {"type": "same", "dedup_key": "one-for-all"}

    def send(_: int) -> str:
        status, results, _ = scene.ask("POST", "/api/v1/alarms", [report] * 5)
        assert status == 202
        (id_,) = {one["id"] for one in results}
        return id_

    with ThreadPoolExecutor(8) as senders:
        (id_,) = set(senders.map(send, range(40)))
    _, alarm, _ = scene.ask("GET", f"/api/v1/alarms/{id_}")
    assert alarm["count"] == 200


def test_a_body_in_chunks_is_read(scene: Scene):
    """A sender that does not know the length beforehand is understood (RFC 9112 section 7.1)."""
    connection = http.client.HTTPConnection(scene.address, timeout=60)
    parts = (part for part in (b'[{"type": "in ', b'chunks"}]'))
    headers = {"Authorization": f"Bearer {scene.token}", "Content-Type": "application/json"}
    connection.request("POST", "/api/v1/alarms", parts, headers, encode_chunked=True)
    answer = connection.getresponse()
    results = json.loads(answer.read())
    connection.close()
    assert answer.status == 202, results
    assert results[0]["ok"] is True


def test_a_body_that_is_too_large_is_refused(scene: Scene):
    """413 as a problem document, whether its length was said beforehand or not."""
    large = b" " * (65 * 1024 * 1024)
    for body in (large, iter([large[: 1024 * 1024]] * 65)):
        status, document, answer = scene.ask("POST", "/api/v1/alarms", body)
        assert status == 413
        assert answer.getheader("Content-Type") == "application/problem+json"
        assert document["code"] == "input.invalid"
    status, _, _ = scene.ask("GET", "/api/v1/alarms?limit=1")
    assert status == 200


def test_several_requests_use_one_connection(scene: Scene):
    """A connection stays open after answers of every kind."""
    connection = http.client.HTTPConnection(scene.address, timeout=60)
    bearer = {"Authorization": f"Bearer {scene.token}"}
    expected = [
        ("GET", "/api/v1/alarms?limit=1", None, 200),
        ("GET", "/api/v1/nothing", None, 404),
        ("POST", "/api/v1/alarms", b"{", 422),
        ("GET", "/metrics", None, 200),
        ("POST", "/api/v1/alarms", b'{"type": "x"}', 202),
    ]
    connection.connect()
    socket = connection.sock
    for method, path, body, status in expected:
        connection.request(method, path, body, bearer)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status, path
        assert connection.sock is socket, path + method
    connection.close()


@contextmanager
def written(scene: Scene) -> Iterator[sqlite3.Connection]:
    """The manager's database file, opened by another program for one transaction."""
    with closing(sqlite3.connect(scene.program.home / "tocsin.db", timeout=30)) as store, store:
        yield store


def test_a_mishap_is_a_number_in_the_log(scene: Scene):
    """A row that cannot be read: 500 with a number, the trace in the log of the home alone."""
    with written(scene) as store:
        store.execute(
            "INSERT INTO alarm (id, source, source_type, type, category, severity, state, "
            "dedup_key, received_at, last_received_at, quiet_at, count, source_host, target_host, "
            "details, attributes) VALUES ('broken', 's', 'api', 't', 'c', 9, 'inactive', 'k', 1, "
            "1, 1, 1, 'no json', '{}', '', '{}')"
        )
    try:
        status, document, answer = scene.ask("GET", "/api/v1/alarms/broken")
    finally:
        with written(scene) as store:
            store.execute("DELETE FROM alarm WHERE id = 'broken'")
    assert status == 500
    assert answer.getheader("Content-Type") == "application/problem+json"
    assert document["code"] == "unknown"
    assert "Traceback" not in json.dumps(document)
    number = document["detail"].partition("incident ")[2].split()[0]
    lines = (scene.program.home / "logs" / "tocsin.log").read_text().splitlines()
    (entry,) = [one for one in map(json.loads, lines) if one.get("incident") == number]
    assert "Traceback" in entry["exception"]


def test_a_change_over_the_api_is_taken_over(scene: Scene):
    """After a rule was added over the API, the next alarm goes by it."""
    rule = {"name": "Only this", "when": {"type": "by the API"}, "active": ["Second"]}
    action = {"name": "Second", "kind": "email", "to": ["second@example.com"]}
    assert scene.ask("POST", "/api/v1/actions", action)[0] == 201
    assert scene.ask("POST", "/api/v1/rules", rule)[0] == 201
    _, results, _ = scene.ask("POST", "/api/v1/alarms", {"type": "by the API"})

    def delivered() -> bool:
        path = f"/api/v1/deliveries?alarm={results[0]['id']}&action=Second&state=delivered"
        return len(scene.ask("GET", path)[1]["items"]) == 1

    wait_until(delivered, "the mail by the new rule")
    _, why, _ = scene.ask("GET", f"/api/v1/alarms/{results[0]['id']}/why")
    matched = {rule["rule"] for rule in why["transitions"][0]["rules"] if rule["matched"]}
    assert matched == {"Everything", "Only this"}
