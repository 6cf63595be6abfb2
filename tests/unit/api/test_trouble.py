"""When the program itself or its store fails: a number to find it by, and no stack trace."""

from __future__ import annotations

import pytest
import structlog
from django.db import OperationalError

from tocsin.engine import access, alarms, appliance, metrics, reporting


class Mishap(Exception):
    """Something that nobody expected."""


@pytest.fixture
def broken(monkeypatch):
    """Makes a use case fail."""

    def make(error: Exception, module=alarms, name="list_alarms"):
        def fail(*_args, **_named):
            raise error

        monkeypatch.setattr(module, name, fail)

    return make


def test_the_unexpected_gets_a_number_and_the_log_has_it(api, broken):
    """500 with an incident number; the trace is in the log under that number and only there."""
    broken(Mishap("the secret inside"))
    with structlog.testing.capture_logs() as logged:
        answer = api.get("/alarms")
    document = answer.problem(500, "unknown")
    (entry,) = [one for one in logged if one["event"] == "incident"]
    assert entry["incident"] in document["detail"]
    assert entry["path"] == "/api/v1/alarms"
    assert isinstance(entry["exc_info"], Mishap)
    for word in ("Mishap", "secret inside", "Traceback", "File", ".py"):
        assert word not in answer.text


def test_each_incident_has_its_own_number(api, broken):
    """Two mishaps can be told apart."""
    broken(Mishap())
    with structlog.testing.capture_logs():
        first, second = (api.get("/alarms").json["detail"] for _ in range(2))
    assert first != second


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("database is locked", "store.locked"),
        ("connection refused", "store.locked"),
        ("database or disk is full", "store.full"),
        ("No space left on device", "store.full"),
    ],
)
def test_a_store_that_fails_is_503(words, code, api, broken):
    """The sender is told to come back: nothing was accepted."""
    broken(OperationalError(words), reporting, "accept")
    with structlog.testing.capture_logs():
        answer = api.post("/alarms", {"type": "x"})
    document = answer.problem(503, code)
    assert words not in document["detail"]


def test_a_store_that_fails_while_the_token_is_looked_up_is_503(api, broken):
    """Also before it is known who asks, the answer is a problem document."""
    api.token(next(iter(access.Role)))
    token = api.token(access.Role.ADMINISTRATOR)
    broken(OperationalError("database is locked"), access, "principal_of_token")
    with structlog.testing.capture_logs():
        bearer = {"Authorization": f"Bearer {token}"}
        api.get("/alarms", role=None, **bearer).problem(503, "store.locked")
        forwarded = {**bearer, "X-Forwarded-For": "192.0.2.1"}
        for path in ("/healthz", "/readyz", "/metrics"):
            api.get(path, role=None, **forwarded).problem(503, "store.locked")


def test_metrics_of_a_store_that_fails_are_503(api, broken):
    """No half of the numbers is given."""
    broken(OperationalError("database is locked"), metrics, "all_counters")
    with structlog.testing.capture_logs():
        api.get("/metrics", role=None).problem(503, "store.locked")


def test_not_ready_says_why(api, broken):
    """Readiness is 503 with its reasons while the store does not answer; alive it is."""
    broken(OperationalError("database is locked"), appliance, "current")
    answer = api.get("/readyz", role=None)
    assert answer.status == 503
    assert answer.json["ok"] is False
    assert "database is locked" in answer.json["reasons"][0]
    assert api.get("/healthz", role=None).status == 200
