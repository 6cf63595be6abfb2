"""Relays over the API: how each does, and the end of a wait."""

from __future__ import annotations

import json

from tocsin.base.clock import MINUTE, now
from tocsin.store import models
from tocsin.store.queries import operation


def say() -> None:
    """A responder runs and has reported."""
    models.RoleState.objects.create(
        node="here", role="responder", instance="i", pid=1, started_at=now(),
        heartbeat_at=now(), applied_version=1, ready=True, failure="",
        detail=json.dumps({"relays": [{"name": "smtp", "use": "paused", "connections": 0}]}),
    )  # fmt: skip


def pause() -> None:
    """The relay is paused for a minute more."""
    operation.save_relay_pause(
        "smtp", paused_at=now(), code="tcp.timeout", facts={}, failures=1,
        probe_at=now() + MINUTE,
    )  # fmt: skip


def test_without_a_relay_the_list_is_empty(api):
    """Nothing configured, nothing claimed."""
    assert api.get("/relays").json == {"items": [], "next": None}


def test_a_relay_tells_what_is_known_of_it(api, configured):
    """What was not observed is null."""
    (one,) = api.get("/relays").json["items"]
    assert (one["name"], one["server"], one["port"]) == ("smtp", "relay.example.com", 587)
    assert (one["use"], one["paused_at"], one["code"], one["observed"]) == (None, None, None, [])
    pause()
    say()
    (one,) = api.get("/relays").json["items"]
    assert (one["use"], one["code"]) == ("paused", "tcp.timeout")
    assert one["fix"]
    (seen,) = one["observed"]
    assert (seen["connections"], seen["rate"], seen["fresh"]) == (0, None, True)


def test_try_now(api, configured):
    """503 without a responder, 409 without a pause, 404 without the relay; else it is due."""
    api.post("/relays/smtp/try").problem(503, "role.missing")
    say()
    api.post("/relays/smtp/try").problem(409, "config.conflict")
    api.post("/relays/another/try").problem(404, "input.not-found")
    pause()
    answer = api.post("/relays/smtp/try")
    assert answer.status == 200
    assert answer.json["paused_at"] is not None
    state = models.RelayState.objects.get(name="smtp")
    assert state.probe_at is not None
    assert state.probe_at <= now()
