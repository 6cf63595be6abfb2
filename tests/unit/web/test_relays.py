"""Relays: what the page says of each, and the button that ends the wait."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tocsin.base.clock import MINUTE, now
from tocsin.domain.principal import Role
from tocsin.engine import access, configuration
from tocsin.store import models
from tocsin.store.queries import operation


def say(ago: int = 0, **said: Any) -> None:
    """A responder reported on the relay a while ago."""
    models.RoleState.objects.create(
        node="here", role="responder", instance="i", pid=1, started_at=now(),
        heartbeat_at=now() - ago, applied_version=1, ready=True, failure="",
        detail=json.dumps({"relays": [{"name": "smtp", **said}]}),
    )  # fmt: skip


def pause() -> None:
    """The relay is paused for its password."""
    operation.save_relay_pause(
        "smtp", paused_at=now() - MINUTE, code="auth.rejected",
        facts={"stage": "auth", "reply": "535 <b>no</b>"}, failures=2, probe_at=now() + MINUTE,
    )  # fmt: skip


@pytest.fixture
def text_of(markup) -> Callable[[Client], str]:
    """Gives the text of the page, which is never anybody's markup."""

    def read(client: Client) -> str:
        answer = client.get("/relays")
        assert answer.status_code == 200
        assert "<b>no" not in answer.content.decode()
        return " ".join(markup(answer.content.decode()).text.split())

    return read


def test_without_a_relay_the_page_teaches(admin: Client, markup):
    """What belongs here, and the way to the first one."""
    page = markup(admin.get("/relays").content.decode())
    assert "No relay yet" in page.text
    assert any("/general" in one.get("href", "") for one in page.all("a"))


def test_nothing_is_claimed_that_was_not_observed(scene, admin: Client, text_of):
    """Configured, and no more known than that."""
    text = text_of(admin)
    assert "relay.example.com:587" in text
    assert "not known" in text
    assert "nothing yet" in text
    assert "No responder has reported on it" in text
    assert "Try now" not in text


def test_what_was_observed_stands_with_its_time(scene, admin: Client, text_of):
    """Connections, rate, addresses, limits; a key that is missing is not known."""
    say(
        use="open", connections=3, most_connections=20, rate=9.5, seconds_per_message=0.25,
        addresses=[
            {"address": "192.0.2.25", "ok": True, "code": None, "at": now(), "failures": 0},
            {"address": "2001:db8::25", "ok": False, "code": "tcp.timeout", "at": now(),
             "failures": 4},
        ],
        limits={"messages_per_connection": 50, "idle_s": 8.0},
    )  # fmt: skip
    operation.relay_accepted("smtp", now(), 4, 9)
    text = text_of(admin)
    for words in (
        "in use", "3 of at most 20", "9.5 recipients a second", "0.250 s", "192.0.2.25",
        "failed 4 times in a row", "tcp.timeout", "50 messages on a connection",
        "9 recipients in 4 messages; no quota is set", "Round tripnot known",
    ):  # fmt: skip
        assert words in text


def test_words_of_a_silent_responder_are_marked(scene, admin: Client, text_of):
    """They are shown as what was said then, not as what is."""
    say(ago=10 * MINUTE, use="open", connections=3)
    text = text_of(admin)
    assert "The responder has said nothing since" in text
    assert "in use" not in text


def test_the_quota_is_told_and_drawn(scene, admin: Client, markup):
    """So many of so many, as words and as a meter."""
    smtp = configuration.show_document(access.LOCAL)["smtp"]
    configuration.change(access.LOCAL, {"smtp": {**smtp, "max_24_hour_send": 200}})
    operation.relay_accepted("smtp", now(), 40, 50)
    page = markup(admin.get("/relays").content.decode())
    (meter,) = page.all("meter")
    assert (meter["value"], meter["max"]) == ("50", "200")
    assert "50 of 200 recipients, in 40 messages" in " ".join(page.text.split())


def test_a_pause_shows_cause_fix_and_the_next_look(scene, admin: Client, markup, text_of):
    """The same component as everywhere, and a button to look now."""
    pause()
    page = markup(admin.get("/relays").content.decode())
    assert "auth.rejected" in page.text
    assert "paused since" in page.text
    assert "looked at next at" in page.text
    assert any(one.get("action") == "/relays/try" for one in page.all("form"))
    assert "535 <b>no</b>" in text_of(admin)
    viewer = Client()
    viewer.force_login(
        models.Person.objects.create(
            name="v", role=Role.VIEWER.value, one_time=False, created_at=0, created_by="a test"
        )
    )
    assert "Try now" not in text_of(viewer)


def test_try_now_ends_the_wait(scene, admin: Client, text_of):
    """The next look is now, and the page says so; without a responder it is refused."""
    pause()
    assert admin.post("/relays/try", {"name": "smtp"}).status_code == 503
    say(use="paused")
    assert admin.post("/relays/try", {"name": "smtp"})["Location"] == "/relays"
    state = models.RelayState.objects.get(name="smtp")
    assert state.probe_at is not None
    assert state.probe_at <= now()
    text = text_of(admin)
    assert "is looked at again now" in text
    assert "to be looked at now" in text


@pytest.mark.parametrize("name", ["", "another", "<b>"])
def test_a_relay_that_is_not_there(name, scene, admin: Client):
    """404 in words."""
    assert admin.post("/relays/try", {"name": name}).status_code == 404


def test_the_light_leads_here(scene, admin: Client, markup):
    """From every page."""
    page = markup(admin.get("/").content.decode())
    (light,) = (one for one in page.all("a") if one.get("class", "").startswith("light"))
    assert light["href"] == "/relays"
