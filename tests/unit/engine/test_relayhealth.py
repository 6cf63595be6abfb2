"""How relays do: only what was observed is said, and when it was."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tocsin.base.clock import HOUR, MINUTE, SECOND, now
from tocsin.domain.principal import NotPermitted, Principal, Role
from tocsin.engine import access, configuration, relayhealth
from tocsin.engine.errors import Conflict, NotFound, RoleMissing
from tocsin.engine.relayhealth import RelayHealth
from tocsin.store import models
from tocsin.store.queries import operation

FIRST = {
    "server": "relay.example.com",
    "port": 587,
    "encryption": "starttls",
    "from": "tocsin@example.com",
    "max_send_rate": 14,
    "max_24_hour_send": 50_000,
}
SECOND_RELAY = {
    "name": "Spare",
    "server": "spare.example.net",
    "port": 465,
    "encryption": "smtps",
    "after_s": 600,
}
SAID = {
    "name": "smtp",
    "use": "open",
    "connections": 3,
    "most_connections": 20,
    "seconds_per_message": 0.25,
    "round_trip": 0.04,
    "rate": 9.5,
    "rate_set": 14,
    "bucket": 2.0,
    "addresses": [
        {"address": "192.0.2.25", "ok": True, "code": None, "at": 1_795_000_000_000_000,
         "failures": 0},
        {"address": "2001:db8::25", "ok": False, "code": "tcp.timeout", "at": None,
         "failures": 4},
    ],
    "limits": {"messages_per_connection": 50, "idle_s": 8.0, "connection_age_s": None},
    "in_hand": 12,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _configured() -> None:
    """Two relays."""
    configuration.change(access.LOCAL, {"smtp": FIRST, "relays": [SECOND_RELAY]})


def say(detail: Any, ago: int = SECOND, node: str = "here") -> None:
    """A responder reported this a while ago."""
    models.RoleState.objects.create(
        node=node, role="responder", instance="i", pid=1, started_at=now(),
        heartbeat_at=now() - ago, applied_version=1, ready=True, failure="",
        detail=json.dumps(detail),
    )  # fmt: skip


def pause(name: str = "smtp", code: str = "auth.rejected") -> None:
    """The relay is paused and looked at again in a minute."""
    operation.save_relay_pause(
        name, paused_at=now() - HOUR, code=code, facts={"stage": "auth"}, failures=3,
        probe_at=now() + MINUTE,
    )  # fmt: skip


def first() -> RelayHealth:
    """The first relay."""
    return relayhealth.find_relay(access.LOCAL, "smtp")


def test_each_configured_relay_stands_in_order():
    """Name, server and what is set of each; nothing is known of how they do yet."""
    one, two = relayhealth.relay_health(access.LOCAL)
    assert (one.name, one.host, one.port, one.place) == ("smtp", "relay.example.com", 587, 0)
    assert (one.rate_set, one.quota) == (14, 50_000)
    assert (two.name, two.after_s, two.place) == ("Spare", 600, 1)
    for each in (one, two):
        assert (each.use, each.observed, each.last_accepted_at, each.explained) == (
            None, (), None, None,
        )  # fmt: skip
        assert (each.used, each.messages, each.learnt_rate) == (0, 0, None)


def test_what_a_responder_said_is_told_with_its_time():
    """Everything of the report, of this relay alone."""
    say({"relays": [SAID]})
    (seen,) = first().observed
    assert seen.fresh
    assert now() - seen.at < MINUTE
    assert (seen.use, seen.connections, seen.most_connections) == ("open", 3, 20)
    assert (seen.in_hand, seen.rate, seen.messages_per_connection) == (12, 9.5, 50)
    good, bad = seen.addresses
    assert (good.address, good.ok, good.explained) == ("192.0.2.25", True, None)
    assert bad.explained is not None
    assert (bad.explained.code, bad.failures, bad.at) == ("tcp.timeout", 4, None)
    assert first().use == "open"
    assert relayhealth.find_relay(access.LOCAL, "Spare").observed == ()


@pytest.mark.parametrize(
    "detail",
    [{}, {"relays": None}, {"relays": "x"}, {"relays": [1, None, {}, {"name": 7}]}],
)
def test_a_report_without_relays_says_nothing(detail):
    """Not known, rather than a zero that would be a claim."""
    say(detail)
    assert first().observed == ()
    assert first().use is None


def test_missing_keys_are_not_known():
    """A report that names the relay alone."""
    say({"relays": [{"name": "smtp", "limits": None, "addresses": None}]})
    (seen,) = first().observed
    assert (seen.use, seen.connections, seen.rate, seen.idle_s, seen.in_hand) == (None,) * 5
    assert seen.addresses == ()


def test_a_silent_responder_s_words_do_not_count_as_now():
    """Shown with their time, but how the relay is used now is not known."""
    say({"relays": [SAID]}, ago=5 * MINUTE)
    health = first()
    assert [one.fresh for one in health.observed] == [False]
    assert health.use is None


def test_a_pause_is_explained_while_it_lasts():
    """Since when, why, when next; and no more once the relay takes mail."""
    say({"relays": [{**SAID, "use": "paused"}]})
    pause()
    health = first()
    assert health.use == "paused"
    assert health.explained is not None
    assert health.explained.code == "auth.rejected"
    assert health.failures == 3
    assert health.probe_at is not None
    operation.save_relay_pause(
        "smtp", paused_at=None, code=None, facts={}, failures=0, probe_at=None
    )
    assert first().explained is None
    assert first().use == "paused"  # as the responder said last, which is what is known


def test_a_pause_with_a_try_under_way():
    """The store says paused, the responder that it is trying: both are shown."""
    pause()
    say({"relays": [{**SAID, "use": "trying"}]})
    assert first().use == "trying"
    assert first().paused_at is not None


def test_usage_is_that_of_the_last_24_hours():
    """As a rolling quota counts: whole spans, none that is wholly older."""
    at = now()
    for ago, messages, recipients in ((0, 2, 5), (23 * HOUR, 1, 1), (25 * HOUR, 100, 100)):
        operation.relay_accepted("smtp", at - ago, messages, recipients)
    operation.relay_accepted("Spare", at, 7, 7)
    health = first()
    assert (health.messages, health.used) == (3, 6)
    assert health.last_accepted_at is not None


def test_try_now_ends_the_wait():
    """The time of the next look becomes now; everything else of the pause stays."""
    say({"relays": [SAID]})
    pause()
    health = relayhealth.try_now(access.LOCAL, "smtp")
    assert health.probe_at is not None
    assert health.probe_at <= now()
    assert health.paused_at is not None
    assert health.failures == 3


def test_try_now_is_refused_in_words():
    """Without a responder, without a pause, without such a relay, without the role."""
    pause()
    with pytest.raises(RoleMissing):
        relayhealth.try_now(access.LOCAL, "smtp")
    say({"relays": []})
    with pytest.raises(Conflict, match="Spare is not paused"):
        relayhealth.try_now(access.LOCAL, "Spare")
    with pytest.raises(NotFound):
        relayhealth.try_now(access.LOCAL, "another")
    with pytest.raises(NotPermitted):
        relayhealth.try_now(Principal("v", Role.ANALYST, "api"), "smtp")
    assert not models.RelayState.objects.filter(name="Spare").exists()


def test_the_document_says_the_same():
    """Times in RFC 3339, what is not known as null."""
    say({"relays": [SAID]})
    pause()
    document = relayhealth.health_json(first())
    assert document["use"] == "paused"
    assert document["code"] == "auth.rejected"
    assert document["fix"]
    assert document["max_24_hour_send"] == 50_000
    assert document["observed"][0]["addresses"][1]["code"] == "tcp.timeout"
    assert document["observed"][0]["addresses"][0]["at"] == "2026-11-18T11:06:40.000000Z"
    json.dumps(document)
