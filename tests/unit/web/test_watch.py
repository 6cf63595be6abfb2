"""Trust → Watch: the history of each address, in words, for every role; the button."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.test import Client

import chains
from chains import Made, make
from tocsin.base.clock import DAY, HOUR, MINUTE, now
from tocsin.domain.principal import Role
from tocsin.engine import chainchange
from tocsin.store import models
from tocsin.store.queries.chains import keep_certificates
from tocsin.web import watch

HOST = "relay.example.com"
ROOT = make("Example Root CA 9", organization="Example Trust", ca=True, ends=4000)
OTHER = make("Other Root", organization="Other", ca=True, ends=4000)
KEY = chains.key_of("ec", 77_001)
OLD = [make(HOST, issuer=ROOT, key=KEY, ends=40)]
RENEWED = [make(HOST, issuer=ROOT, key=KEY, ends=400)]
STRANGE = [make("<b>x</b>", issuer=OTHER, names=[HOST])]


def see(chain: Sequence[Made], first: int, last: int, address: str = "192.0.2.25", **said: Any):
    """An address presented a chain from so long ago until so long ago."""
    keep_certificates([one.der for one in chain], now())
    fields: dict[str, Any] = {"relay": "smtp", "host": HOST, "port": 587, "trusted": True}
    return models.ChainSeen.objects.create(
        address=address, chain=json.dumps([one.sha256 for one in chain]),
        first_seen_at=now() - first, last_seen_at=now() - last, **{**fields, **said},
    )  # fmt: skip


def look(**said: Any) -> None:
    """The relay was looked at an hour ago."""
    fields: dict[str, Any] = {
        "relay": "smtp", "host": HOST, "port": 587, "basis": "x", "looked_at": now() - HOUR,
        "next_look_at": now() + 23 * HOUR, "turn": 1, "looking_until": 0, "facts": "{}",
        "addresses": '{"192.0.2.25": null}', "told": "[]",
    }  # fmt: skip
    models.ChainLook.objects.create(**{**fields, **said})


@pytest.fixture
def text_of(markup) -> Callable[[Client], str]:
    """Gives the text of the page, which is never anybody's markup."""

    def read(client: Client) -> str:
        answer = client.get("/trust/watch")
        assert answer.status_code == 200
        assert "<b>x" not in answer.content.decode()
        return " ".join(markup(answer.content.decode()).text.split())

    return read


def test_without_a_relay_the_page_teaches(admin: Client, markup):
    """What belongs here, and the way to the first relay."""
    page = markup(admin.get("/trust/watch").content.decode())
    assert "Nothing is watched yet" in page.text
    assert any("/general" in one.get("href", "") for one in page.all("a"))
    assert "Look now" not in page.text


def test_nothing_is_claimed_that_was_not_seen(scene, admin: Client, text_of):
    """Configured, and not looked at yet."""
    text = text_of(admin)
    assert "relay.example.com:587" in text
    assert "not yet" in text
    assert "no responder watches it yet" in text
    assert "No chain was seen yet" in text


def test_a_line_tells_what_was_presented_when_and_what_changed(scene, admin: Client, text_of):
    """The newest first: until when, whose, issued by whom, valid until, resting on what."""
    look()
    see(OLD, 90 * DAY, 10 * DAY, anchor=ROOT.sha256)
    see(RENEWED, 9 * DAY, 0, anchor=ROOT.sha256)
    text = text_of(admin)
    new, old = RENEWED[0].parsed, OLD[0].parsed
    assert "192.0.2.25" in text
    assert text.index(" since 20") < text.index("Seen for the first time.")
    assert "The server's certificate was renewed with its key: valid until" in text
    for one in (new, old):
        assert " ".join(one.sha256[at : at + 4] for at in range(0, 64, 4)) in text
        assert one.issuer in text
    assert text.count("verifies") >= 2


def test_what_did_not_verify_says_why(scene, admin: Client, text_of):
    """The fault by title and code; a stranger's name is text."""
    look()
    see(OLD, 90 * DAY, 10 * DAY)
    see(STRANGE, 9 * DAY, 0, trusted=False, code="tls.untrusted-issuer")
    text = text_of(admin)
    assert "tls.untrusted-issuer" in text
    assert "The server's certificate is another one with another key" in text
    assert "Other Root" in text
    assert "<b>x</b>" in text


def test_two_chains_at_one_address_are_both_present(scene, admin: Client, text_of):
    """Connections to it are answered with one or the other."""
    look()
    at = now()
    for chain in (OLD, RENEWED):
        row = see(chain, 9 * DAY, 0)
        row.last_seen_at = at
        row.save()
    assert text_of(admin).count(" since 20") == 2


def test_a_look_that_failed_says_so(scene, admin: Client, text_of):
    """No address was reached, or one was not."""
    look(code="dns.timeout", facts='{"host": "relay.example.com"}')
    see(OLD, 90 * DAY, 2 * DAY)
    text = text_of(admin)
    assert "dns.timeout" in text
    models.ChainLook.objects.all().delete()
    refused = {"code": "tcp.refused", "facts": {"host": HOST}}
    look(addresses=json.dumps({"192.0.2.25": None, "192.0.2.26": refused}))
    text = text_of(admin)
    assert "was not reached" in text
    assert "No chain was seen there yet" in text


def test_addresses_of_other_days_come_last(scene, admin: Client, text_of):
    """A name leads elsewhere from time to time; what was there is still known."""
    look()
    see(OLD, MINUTE, MINUTE, address="192.0.2.99")
    see(OLD, DAY, HOUR)
    text = text_of(admin)
    assert text.index("192.0.2.25") < text.index("192.0.2.99 not found under its name any more")
    assert text.count(" since 20") == 1


def test_a_relay_that_was_is_shown_after_those_that_are(scene, admin: Client, text_of):
    """Its history stays."""
    look()
    see(OLD, DAY, DAY, relay="former", host="former.example.com")
    text = text_of(admin)
    assert text.index("relay.example.com") < text.index("former.example.com")
    assert "is not watched any more" in text


def test_the_button_has_it_looked_at(scene, admin: Client):
    """The time of the next look is now; without a responder that is refused in words."""
    look()
    answer = admin.post("/trust/watch/look", {"name": "smtp"})
    assert answer.status_code == 503
    assert models.ChainLook.objects.get().next_look_at > now()
    models.RoleState.objects.create(
        node="here", role="responder", instance="i", pid=1, started_at=now(), heartbeat_at=now(),
        applied_version=1, ready=True, failure="", detail="{}",
    )  # fmt: skip
    answer = admin.post("/trust/watch/look", follow=True)
    assert answer.redirect_chain == [("/trust/watch", 302)]
    assert "smtp is looked at now" in answer.content.decode()
    assert models.ChainLook.objects.get().next_look_at <= now()


def test_a_look_that_the_responder_knows_nothing_of_yet_can_be_asked_for(scene, admin: Client):
    """The configuration is a moment old."""
    models.RoleState.objects.create(
        node="here", role="responder", instance="i", pid=1, started_at=now(), heartbeat_at=now(),
        applied_version=1, ready=True, failure="", detail="{}",
    )  # fmt: skip
    assert admin.post("/trust/watch/look").status_code == 302
    assert models.ChainLook.objects.get().next_look_at <= now()


def test_a_relay_that_there_is_not(scene, admin: Client):
    """Not found, and nothing is asked for."""
    assert admin.post("/trust/watch/look", {"name": "another"}).status_code == 404


def test_of_many_chains_the_newest_are_shown(scene, admin: Client, text_of):
    """The rest is counted, and what the last shown has other than the one before is known."""
    look()
    for number in range(30):
        see((OLD, RENEWED)[number % 2], (40 - number) * DAY, (39 - number) * DAY)
    text = text_of(admin)
    assert text.count("was renewed with its key") == 20
    assert "10 older chains are shown by" in text
    assert "Seen for the first time" not in text


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST, Role.RESPONDER])
def test_only_an_administrator_has_the_button(scene, role, signed_in, markup):
    """The others read."""
    look()
    client = signed_in(role)
    assert "Look now" not in markup(client.get("/trust/watch").content.decode()).text
    assert client.post("/trust/watch/look").status_code == 403


def test_every_sentence_of_a_change_is_offered_for_translation():
    """The page knows exactly the sentences that the engine says."""
    assert watch.SENTENCES == chainchange.SENTENCES
