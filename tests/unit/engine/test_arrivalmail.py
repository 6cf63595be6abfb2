"""What makes a canary: its mark at the delivery, its token in the mail."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.base.ids import uuid7
from tocsin.channels.sample import sample_alarm
from tocsin.domain.alarm import TransitionKind
from tocsin.domain.delivery import Recipient
from tocsin.domain.telling import Telling
from tocsin.engine import arrivalmail
from tocsin.mail.message import compose
from tocsin.mail.received.message import ReceivedMessage, read_message
from tocsin.store.queries.outgoing import Outgoing

ID = "01930000-0000-7000-8000-000000000001"


def outgoing(alarm) -> Outgoing:
    """A delivery that tells this."""
    return Outgoing(
        id=ID,
        action="Arrival probe",
        kind="email",
        configuration=1,
        severity=0,
        message_id=f"<{ID}@example.com>",
        recipients=(Recipient("probe@example.org"),),
        queued_at=1_795_000_000_000_000,
        expires_at=1_795_000_100_000_000,
        attempts=0,
        is_test=True,
        told=1,
        tellings=(Telling(alarm, TransitionKind.ACTIVE),),
    )


def mail(*instead: tuple[bytes, bytes]) -> ReceivedMessage:
    """The canary's mail as it is read again, with some of it changed on the way."""
    canary = outgoing(arrivalmail.sample(1, None))
    content = compose(arrivalmail.canary_mail(canary, "tocsin@example.com"))
    for old, new in instead:
        assert old in content
        content = content.replace(old, new)
    return read_message(content)


def test_only_the_probe_makes_canaries(home: Path):
    """A Test Action, whatever its action is called, is none; the relay that is named counts."""
    assert not arrivalmail.is_canary(outgoing(sample_alarm(1)))
    one = outgoing(arrivalmail.sample(1, "another"))
    assert arrivalmail.is_canary(one)
    assert arrivalmail.relay_of(one) == "another"
    assert arrivalmail.relay_of(outgoing(arrivalmail.sample(1, None))) is None


def test_a_canary_is_known_again(home: Path):
    """It says that a machine made it, asks for no answer, and goes to the probe's address."""
    found = mail()
    assert arrivalmail.canary_of(found) == ID
    assert found.first("to") == "probe@example.org"
    assert found.first("auto-submitted") == "auto-generated"
    assert found.first("x-auto-response-suppress") == "All"


@pytest.mark.parametrize(
    "instead",
    [
        (b"Auto-Submitted: auto-generated", b"Auto-Submitted: auto-replied"),
        (b"MIME-Version:", b"In-Reply-To: <x@example.org>\r\nMIME-Version:"),
        (b"MIME-Version:", b"Return-Path: < >\r\nMIME-Version:"),
        (b"MIME-Version:", b"X-Tocsin-Canary: another\r\nMIME-Version:"),
        (b"Content-Type: text/plain", b"Content-Type: multipart/report"),
        (ID.encode() + b".", ID.replace("1", "2").encode() + b"."),
    ],
    ids=["automatic answer", "answer", "bounce", "two tokens", "report", "another id"],
)
def test_what_repeats_a_canary_is_none(home: Path, instead: tuple[bytes, bytes]):
    """Out-of-office answers, answers, bounces, and mails that somebody made up."""
    assert arrivalmail.canary_of(mail(instead)) is None


def test_a_token_of_another_home_is_none(home: Path, tmp_path: Path, monkeypatch):
    """Several managers may share a mailbox."""
    token = arrivalmail.token(ID)
    assert arrivalmail.id_of(token) == ID
    other = tmp_path / "another"
    other.mkdir(mode=0o700)
    monkeypatch.setenv("TOCSIN_HOME", str(other))
    assert arrivalmail.id_of(token) is None
    assert arrivalmail.token(ID) != token


@given(st.text(max_size=120))
def test_a_strangers_text_is_no_token(text: str):
    """Nor does any text break the look."""
    assert arrivalmail.id_of(text) is None
    assert arrivalmail.id_of(f"{uuid7()}.{text}") is None
