"""The same way with the store in PostgreSQL, and two responders that share the work."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from manager import Program, alarms, document_of, wait_until
from postgresql import Cluster


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server of this test's own."""
    if not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        pytest.skip("PostgreSQL is not installed")
    one = Cluster()
    yield one
    one.stop()


def test_an_alarm_becomes_a_mail_over_postgresql(
    program: Program, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
):
    """Accepted over the API, decided, delivered, and nothing is kept in the home's own file."""
    monkeypatch.setenv("TOCSIN_DATABASE_URL", cluster.url)
    relay = program.rehearse("--no-signatures")
    program.apply(document_of(relay))
    program.up()
    results = program.json("alarm", "send", "-", text=json.dumps(alarms(50)))
    assert all(one["ok"] for one in results)
    inbox = Path(relay["inbox"])
    wait_until(lambda: len(list(inbox.glob("*.eml"))) == 50, "the mails")
    wait_until(
        lambda: len(program.json("deliveries", "--state", "delivered")) == 50, "the outcomes"
    )
    assert not (program.home / "tocsin.db").exists()


def test_two_nodes_share_the_work_and_tell_everything_once(
    program: Program, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """Two responders on one store: each mail is sent by one of them, none twice."""
    monkeypatch.setenv("TOCSIN_DATABASE_URL", cluster.url)
    relay = program.rehearse("--no-signatures")
    program.apply(document_of(relay))
    monkeypatch.setenv("TOCSIN_KEY_FILE", str(program.home / "secret.key"))
    others = []
    for name in ("node-a", "node-b"):
        node = Program(tmp_path / name)
        node.folder.mkdir()
        monkeypatch.setenv("TOCSIN_NODE", name)
        node.start("responder")
        others.append(node)
    try:
        program.json("alarm", "send", "-", text=json.dumps(alarms(400)))
        inbox = Path(relay["inbox"])
        wait_until(lambda: len(list(inbox.glob("*.eml"))) >= 400, "the mails")
        wait_until(
            lambda: len(program.json("deliveries", "--state", "delivered")) == 400, "the outcomes"
        )
        assert len(list(inbox.glob("*.eml"))) == 400
        assert not any(one["maybe_twice"] for one in program.json("deliveries"))
    finally:
        for node in others:
            node.stop()
