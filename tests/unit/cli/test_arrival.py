"""``tocsin arrival``: its words and its exit status."""

from __future__ import annotations

from tocsin.base.clock import SECOND, now
from tocsin.base.ids import uuid7
from tocsin.base.secret import Secret
from tocsin.engine import access, appliance, arrival, configuration
from tocsin.store import models

BOX = {
    "to": "probe@example.org",
    "server": "imap.example.org",
    "user": "probe",
    "password": Secret("x"),
    "patience_s": 10,
}


def canary(state: str, **said: object) -> None:
    """A canary that came to this."""
    settings = configuration.current().configuration.arrival
    assert settings is not None
    models.ArrivalCanary.objects.create(
        id=uuid7(), basis=settings.basis, address=settings.to, asked_by="the schedule",
        queued_at=now(), accepted_at=now(), state=state, **{"hops": "[]", **said},
    )  # fmt: skip


def test_what_is_missing_is_said(command, monkeypatch):
    """Status 3 without a mailbox, and without a manager."""
    command("rule", "list")
    assert "no mailbox is configured" in command("arrival", status=3).err
    configuration.change(access.LOCAL, {"arrival": BOX})
    assert "the responder is not running" in command("arrival", status=3).err


def test_the_status_is_that_of_the_latest_canary(command, monkeypatch):
    """0 when it arrived, 1 when it did not or nothing is known, with the words to it."""
    command("rule", "list")
    configuration.change(access.LOCAL, {"arrival": BOX})
    monkeypatch.setattr(appliance, "is_running", lambda _role: True)
    assert "no canary was sent yet" in command("arrival", status=1).out
    canary("missing", code="arrival.missing")
    out = command("arrival", status=1).out
    assert "accepted and not arrived" in out
    assert "[arrival.missing]" in out
    canary("arrived", latency=4_200_000, measured="seen", folder="INBOX")
    out = command("arrival").out
    assert "arrived 4.2 s after the relay accepted it (as seen from here)" in out
    told = command.answer("arrival")
    assert (told["arrives"], len(told["items"])) == (True, 2)


def test_why_nothing_is_known_of_one_sent_now_is_said(command, monkeypatch):
    """The mailbox cannot be read: the words say so, and what to do."""
    command("rule", "list")
    configuration.change(access.LOCAL, {"arrival": BOX})
    settings = configuration.current().configuration.arrival
    assert settings is not None
    models.ArrivalProbe.objects.create(
        id=1, basis=settings.basis, due_at=now(), look_at=0, turn=1, looking_until=0,
        failing_since=now(), code="imap.sign-in-rejected", facts="{}",
    )  # fmt: skip
    monkeypatch.setattr(appliance, "is_running", lambda _role: True)
    monkeypatch.setattr("tocsin.cli.arrival._SENDING_S", -60.0)
    out = command("arrival", "--now", status=1).out
    assert "on its way" in out
    assert "[imap.sign-in-rejected]" in out


def test_one_sent_now_is_waited_for(command, monkeypatch):
    """The answer is what became of that one."""
    command("rule", "list")
    configuration.change(access.LOCAL, {"arrival": BOX})
    monkeypatch.setattr(appliance, "is_running", lambda _role: True)
    asked = []

    def found(principal, id_: str) -> arrival.Canary:
        """The mailbox has it at the second look."""
        asked.append(id_)
        if len(asked) == 2:
            models.ArrivalCanary.objects.filter(id=id_).update(
                state="arrived", latency=2 * SECOND, measured="received"
            )
        return real(principal, id_)

    real = arrival.canary
    monkeypatch.setattr(arrival, "canary", found)
    told = command.answer("arrival", "--now")
    assert (told["state"], told["latency_s"], told["id"]) == ("arrived", 2.0, asked[0])
    assert models.Delivery.objects.get().asked_by == access.LOCAL.name
