"""Deliveries → Arrival: what it says first, and the form of the mailbox."""

from __future__ import annotations

import pytest
from django.test import Client

from tocsin.base.clock import MINUTE, SECOND, now
from tocsin.base.ids import uuid7
from tocsin.base.secret import Secret
from tocsin.engine import access, configuration
from tocsin.engine.arrivalledger import SCHEDULE, queue
from tocsin.store import models

PAGE = "/arrival"
BOX = {
    "to": "probe@example.org",
    "server": "imap.example.org",
    "user": "probe",
    "password": Secret("not to be seen"),
}
FORM = {"to": "probe@example.org", "server": "imap.example.org", "user": "probe", "delete": "1"}


@pytest.fixture
def configured(scene) -> str:
    """A probe that is configured; gives its basis."""
    configuration.change(access.LOCAL, {"arrival": BOX})
    arrival = configuration.current().configuration.arrival
    assert arrival is not None
    return str(arrival.basis)


def canary(basis: str, state: str, ago: int = 20 * MINUTE, **said: object) -> str:
    """A canary that came to this."""
    id_ = uuid7()
    at = now() - ago
    models.ArrivalCanary.objects.create(
        id=id_, basis=basis, address="probe@example.org", asked_by="the schedule", queued_at=at,
        accepted_at=at + SECOND, state=state, **{"hops": "[]", **said},
    )  # fmt: skip
    return id_


def text(markup, client: Client) -> str:
    """The text of the page on one line."""
    return " ".join(markup(client.get(PAGE).content.decode()).text.split())


def test_without_a_mailbox_the_page_teaches(admin: Client, markup):
    """What it is for, and the form."""
    shown = text(markup, admin)
    assert "Nobody looks yet whether mail arrives" in shown
    assert "Probe now" not in shown
    assert "IMAP Server" in shown


def test_an_arrived_canary_is_said_first(admin: Client, markup, configured):
    """With its latency and what measured it, the hops and the table."""
    canary(
        configured, "arrived", arrived_at=now(), latency=4_200_000, measured="received",
        folder="INBOX", hops='[["mx.example.org", null], ["in.example.org", 3.0]]',
    )  # fmt: skip
    shown = text(markup, admin)
    assert "Mail arrives" in shown
    assert "4.2 s from the relay's 250 to the mailbox by the clock of the last server" in shown
    assert "in.example.org after 3 s" in shown
    assert "1 arrived, 0 late, 0 missing" in shown
    assert "Probe now" in shown


def test_a_missing_one_is_a_failure_with_its_fix(admin: Client, markup, configured):
    """The code, the cause and what to do."""
    canary(configured, "missing", code="arrival.missing")
    shown = text(markup, admin)
    assert "Mail is accepted and does not arrive" in shown
    assert "arrival.missing" in shown
    assert "quarantine" in shown


def test_a_mailbox_that_cannot_be_read_is_told_as_that(admin: Client, markup, configured):
    """Not as mail that does not arrive."""
    canary(configured, "waiting")
    models.ArrivalProbe.objects.create(
        id=1, basis=configured, due_at=now(), look_at=0, turn=1, looking_until=0,
        failing_since=now(), code="imap.sign-in-rejected", facts='{"host": "imap.example.org"}',
    )  # fmt: skip
    shown = text(markup, admin)
    assert "Arrival cannot be checked" in shown
    assert "The mailbox's server rejects the sign-in" in shown


def test_the_page_asks_by_itself_only_while_something_comes_soon(admin: Client, configured):
    """Not for one that waits for long, nor while the mailbox cannot be read."""
    asks = b'hx-get="/arrival"'
    canary(configured, "waiting")
    assert asks not in admin.get(PAGE).content
    latest = canary(configured, "waiting", SECOND)
    assert asks in admin.get(PAGE).content
    probe = models.ArrivalProbe.objects.create(
        id=1, basis=configured, due_at=now(), look_at=0, turn=1, looking_until=0,
        failing_since=now(), code="imap.sign-in-rejected", facts="{}",
    )  # fmt: skip
    assert asks not in admin.get(PAGE).content
    probe.delete()
    models.ArrivalCanary.objects.filter(id=latest).update(state="arrived")
    assert asks not in admin.get(PAGE).content


def test_all_of_a_day_is_counted(admin: Client, markup, configured):
    """Also those that the list has no room for."""
    for _ in range(30):
        canary(configured, "missing", code="arrival.missing")
    assert "0 arrived, 0 late, 30 missing" in text(markup, admin)


def test_the_form_sets_the_mailbox_and_keeps_its_password(admin: Client, markup, scene):
    """Written once, never shown; another change leaves it; what is empty is the default."""
    answer = admin.post(PAGE, {**FORM, "encryption": "imaps", "password": "not to be seen"})
    assert answer.status_code == 302
    answer = admin.post(PAGE, {**FORM, "encryption": "starttls", "port": "143", "every_s": "600"})
    assert answer.status_code == 302
    arrival = configuration.current().configuration.arrival
    assert arrival is not None
    assert arrival.password is not None
    assert arrival.password.reveal() == "not to be seen"
    assert (arrival.port, arrival.every_s, arrival.delete) == (143, 600, True)
    assert b"not to be seen" not in admin.get(PAGE).content


def test_an_error_stands_at_its_field_and_what_was_typed_is_kept(admin: Client, scene):
    """Nothing is saved, and no password comes back."""
    sent = {**FORM, "to": "no address", "encryption": "imaps", "password": "typed secret"}
    answer = admin.post(PAGE, sent)
    assert answer.status_code == 422
    content = answer.content.decode()
    assert "has no name and domain around an @" in content
    assert 'value="imap.example.org"' in content
    assert "typed secret" not in content
    answer = admin.post(PAGE, {**FORM, "encryption": "imaps"})
    assert "The mailbox needs a password." in answer.content.decode()
    assert configuration.current().configuration.arrival is None


def test_probing_ends_when_somebody_says_so(admin: Client, configured):
    """The mailbox is forgotten with its password."""
    assert admin.post(PAGE, {"stop": "1"}).status_code == 302
    assert configuration.current().configuration.arrival is None


def test_without_a_responder_nothing_is_sent(admin: Client, configured):
    """The page says which role is missing."""
    assert admin.post("/arrival/probe").status_code == 503
    assert models.ArrivalCanary.objects.count() == 0


def test_a_canarys_delivery_is_shown_like_others(admin: Client, configured):
    """Under the probe's name, in the list and by itself."""
    version = configuration.current()
    assert version.configuration.arrival is not None
    id_ = queue(version, version.configuration.arrival, SCHEDULE, now())
    for path in ("/deliveries", f"/deliveries/{id_}"):
        answer = admin.get(path)
        assert answer.status_code == 200
        assert "Arrival probe" in answer.content.decode()
