"""``tocsin deliveries``, ``tocsin delivery`` and ``tocsin relay``."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tocsin.base.clock import HOUR, now, rfc3339
from tocsin.base.ids import uuid7
from tocsin.engine import access, configuration
from tocsin.store import models
from tocsin.store.queries import operation

SMTP = {
    "server": "relay.example.com",
    "port": 587,
    "encryption": "starttls",
    "from": "tocsin@example.com",
    "max_24_hour_send": 200,
}


@pytest.fixture
def delivery(command) -> Callable[..., str]:
    """Makes a delivery in a state; gives its id."""

    def make(state: str = "queued", **said: Any) -> str:
        id_ = uuid7()
        fields: dict[str, Any] = {
            "action": "Mail the SOC",
            "kind": "email",
            "configuration": 1,
            "severity": 4,
            "message_id": f"<{id_}@example.com>",
            "recipients": '[{"address":"soc@example.com","state":"pending","reply":null,'
            '"receipt":"none"}]',
            "queued_at": now(),
            "not_before": now(),
            "expires_at": now(),
            "attempts": 0,
            "maybe_twice": False,
        }
        models.Delivery.objects.create(id=id_, state=state, **{**fields, **said})
        return id_

    return make


def test_the_list_is_narrowed(command, delivery):
    """State, action, text, time, the mark, and how many."""
    one = delivery("failed", action="Other", maybe_twice=True)
    two = delivery("queued")

    def ids(*options: str) -> list[str]:
        return [each["id"] for each in command.answer("deliveries", *options)]

    assert ids() == [two, one]
    assert ids("--state", "failed") == [one]
    assert ids("--action", "Other") == [one]
    assert ids("--text", "soc@") == [two, one]
    assert ids("--text", f"<{two}@example.com>") == [two]
    assert ids("--maybe-twice") == [one]
    assert ids("--since", rfc3339(now() - HOUR)) == [two, one]
    assert ids("--since", rfc3339(now() + HOUR)) == []
    assert ids("--limit", "1") == [two]
    assert "2026-11-24T22:00:00Z" in command("deliveries", "--since", "now", status=2).err


def test_several_are_held_and_released(command, delivery):
    """A line for each; who holds it is shown."""
    one, two = delivery("queued"), delivery("retrying")
    out = command("delivery", "hold", one, two).out
    assert out.splitlines() == [f"{one}: held", f"{two}: held"]
    assert "held (by " in command("delivery", "show", one).out
    assert command.answer("delivery", "release", one)["state"] == "queued"
    assert set(models.Delivery.objects.values_list("id", "state")) == {
        (one, "queued"), (two, "held"),
    }  # fmt: skip


@pytest.mark.parametrize("verb", ["retry", "hold", "release", "cancel"])
def test_what_is_refused_is_said_and_the_others_are_done(verb, command, delivery):
    """Exit status 2 when one could not be handled; the rest is done all the same."""
    good = delivery({"retry": "failed", "release": "held"}.get(verb, "queued"))
    sending = delivery("sending")
    done = command("delivery", verb, sending, good, "nothing", status=2)
    lines = dict(line.split(": ", 1) for line in done.out.splitlines())
    assert "sending" in lines[sending]
    assert "nothing" in lines["nothing"]
    assert lines[good]
    assert models.Delivery.objects.get(id=sending).state == "sending"
    assert models.Delivery.objects.get(id=good).state in {"queued", "held", "cancelled"}
    results = command.answer("delivery", verb, sending, "nothing", status=2)
    assert [one["ok"] for one in results] == [False, False]


def test_why_it_is_held_is_shown(command, delivery):
    """Until when it gathers, or that its outcome is in doubt."""
    gathering = delivery("held", hold="gathering", not_before=0)
    doubt = delivery("held", hold="in-doubt")
    assert "gathers alarms until 1970-01-01" in command("delivery", "show", gathering).out
    assert "in doubt" in command("delivery", "show", doubt).out


def test_all_that_a_digest_tells(command, delivery):
    """Every alarm on a line of its own; the list names how many."""
    (alarm,) = command.answer(
        "alarm", "send", "-", given=json.dumps([{"type": "scan", "severity": "major"}])
    )
    id_ = delivery("delivered", told=2)
    transition = models.Transition.objects.get(alarm_id=alarm["id"])
    models.Telling.objects.create(delivery_id=id_, transition=transition, action="Mail the SOC")
    assert alarm["id"] in command("delivery", "alarms", id_).out
    assert command.answer("delivery", "alarms", id_)[0]["alarm"] == alarm["id"]
    assert "2 alarms" in command("deliveries").out
    command("delivery", "alarms", "nothing", status=2)


def pause() -> None:
    """The relay is paused."""
    operation.save_relay_pause(
        "smtp", paused_at=now(), code="auth.rejected", facts={"reply": "535 \x1b[31mno"},
        failures=1, probe_at=now() + HOUR,
    )  # fmt: skip


def say() -> None:
    """A responder runs and has reported."""
    address = {"address": "192.0.2.25", "ok": False, "code": "tcp.timeout"}
    told = {"name": "smtp", "use": "paused", "connections": 0, "addresses": [address]}
    models.RoleState.objects.create(
        node="here", role="responder", instance="i", pid=1, started_at=now(),
        heartbeat_at=now(), applied_version=1, ready=True, failure="",
        detail=json.dumps({"relays": [told]}),
    )  # fmt: skip


def test_relays_are_listed_with_what_is_known(command):
    """Nothing is made up: what was not observed is not known."""
    assert "no relay is configured" in command("relay", "list").out
    configuration.change(access.LOCAL, {"smtp": SMTP})
    out = command("relay", "list").out
    assert "relay.example.com:587, use not known" in out
    assert "no responder has reported on it" in out
    operation.relay_accepted("smtp", now(), 3, 5)
    pause()
    say()
    out = command("relay", "list").out
    for words in (
        "paused since", "[auth.rejected]", "looked at next", "192.0.2.25 fails [tcp.timeout]",
        "5 recipients in 3 messages, of 200 recipients", "0 of at most not known",
    ):  # fmt: skip
        assert words in out
    assert "\x1b" not in out
    assert command.answer("relay", "list")[0]["code"] == "auth.rejected"


def test_try_ends_the_wait(command):
    """Status 3 without a responder, 2 without a pause or a relay, else the look is due."""
    configuration.change(access.LOCAL, {"smtp": SMTP})
    pause()
    command("relay", "try", "smtp", status=3)
    say()
    assert "looked at again now" in command("relay", "try", "smtp").out
    state = models.RelayState.objects.get(name="smtp")
    assert state.probe_at is not None
    assert state.probe_at <= now()
    command("relay", "try", "another", status=2)
    models.RelayState.objects.update(paused_at=None)
    command("relay", "try", "smtp", status=2)


def test_a_preview_for_one_alarm_and_for_several(command):
    """The test alarm, a real one, a digest; a template that fails says where."""
    action = {"name": "Mail", "kind": "email", "to": ["soc@example.com"]}
    configuration.change(access.LOCAL, {"smtp": SMTP, "actions": [action]})
    sent = command.answer(
        "alarm", "send", "-", given=json.dumps([{"type": "scan one"}, {"type": "scan two"}])
    )
    first, second = (one["id"] for one in sent)
    assert "Subject: " in command("action", "preview", "Mail").out
    assert "scan one" in command("action", "preview", "Mail", "--alarm", first).out
    both = command.answer("action", "preview", "Mail", "--alarm", first, "--alarm", second)
    assert "scan one" in both["text"]
    assert "scan two" in both["text"]
    command("action", "preview", "Mail", "--alarm", "nothing", status=2)
    command("action", "preview", "Other", status=2)
