"""What each failure means for the message, the recipient and the relay."""

from __future__ import annotations

import pytest

from tocsin.channels.sample import sample_alarm
from tocsin.domain.alarm import TransitionKind
from tocsin.domain.delivery import DeliveryState, HoldReason, Recipient, RecipientState
from tocsin.domain.telling import Telling
from tocsin.engine.consequence import of_no_connection, of_send
from tocsin.faults.fault import Finding
from tocsin.mail.relay import SendOutcome
from tocsin.store.queries.outgoing import Outgoing

A, B = "a@example.com", "b@example.com"


def outgoing(*, is_test: bool = False) -> Outgoing:
    """A delivery to two recipients."""
    return Outgoing(
        id="d",
        action="A",
        kind="email",
        configuration=1,
        severity=4,
        message_id="<d@example.com>",
        recipients=(Recipient(A), Recipient(B)),
        queued_at=0,
        expires_at=10**15,
        attempts=0,
        is_test=is_test,
        told=1,
        tellings=(Telling(sample_alarm(0), TransitionKind.ACTIVE),),
    )


def sent(
    *,
    ok: bool = False,
    code: str | None = None,
    states: tuple[RecipientState, RecipientState] = (RecipientState.PENDING,) * 2,
    in_doubt: bool = False,
    recipients: str = "",
) -> SendOutcome:
    """What the mail path says of it."""
    return SendOutcome(
        envelope_id="d",
        ok=ok,
        finding=Finding(code, {"recipients": recipients}) if code else None,
        reply="250 Ok x" if ok else "554 no",
        recipients=(Recipient(A, states[0], "said"), Recipient(B, states[1], "said")),
        transcript=(),
        started_at=0,
        finished_at=1_000_000,
        in_doubt=in_doubt,
    )


ACCEPTED, REFUSED, PENDING = (
    RecipientState.ACCEPTED,
    RecipientState.REFUSED,
    RecipientState.PENDING,
)

CASES = [
    # what was said, state of the delivery, whether the relay pauses
    (sent(ok=True, states=(ACCEPTED, ACCEPTED)), DeliveryState.DELIVERED, False),
    (sent(ok=True, states=(ACCEPTED, REFUSED)), DeliveryState.DELIVERED, False),
    (sent(ok=True, states=(ACCEPTED, PENDING)), DeliveryState.RETRYING, False),
    (sent(code="smtp.temporary"), DeliveryState.RETRYING, False),
    (sent(code="smtp.content-rejected"), DeliveryState.FAILED, False),
    (
        sent(code="smtp.recipient-refused", states=(REFUSED, REFUSED)),
        DeliveryState.FAILED,
        False,
    ),
    (
        sent(code="smtp.recipient-refused", states=(REFUSED, PENDING)),
        DeliveryState.RETRYING,
        False,
    ),
    (sent(code="smtp.greylisted"), DeliveryState.RETRYING, False),
    (sent(code="ses.identity-not-verified"), DeliveryState.RETRYING, True),
    (sent(code="ses.sending-paused"), DeliveryState.RETRYING, True),
    (sent(code="ses.rate-exceeded"), DeliveryState.RETRYING, True),
    (sent(code="ses.sandbox-recipient", recipients=f"{A}, {B}"), DeliveryState.FAILED, False),
    (sent(code="ses.sandbox-recipient", recipients=B), DeliveryState.RETRYING, False),
    (sent(code="smtp.outcome-unknown", in_doubt=True), DeliveryState.RETRYING, False),
]


@pytest.mark.parametrize(("said", "state", "pauses"), CASES)
def test_each_outcome_has_one_meaning(said, state, pauses):
    """One table: what the relay said, what becomes of the delivery, whether the relay pauses."""
    found = of_send(outgoing(), said, "c", 1)
    assert found.outcome.state is state
    assert (found.relay_fault is not None) is pauses


@pytest.mark.parametrize("code", ["smtp.temporary", "tls.expired", "ses.sending-paused"])
def test_a_test_is_never_tried_again(code):
    """Whoever pressed Test Action has had the answer: no late mail comes of it."""
    assert of_send(outgoing(is_test=True), sent(code=code), "c", 1).outcome.state is (
        DeliveryState.FAILED
    )


def test_a_test_in_doubt_ends_unknown():
    """A test whose outcome nobody knows says so."""
    found = of_send(outgoing(is_test=True), sent(code=None, in_doubt=True), "c", 1)
    assert found.outcome.state is DeliveryState.UNKNOWN


def test_without_a_connection_everything_waits():
    """An unreachable or untrusted relay fails no delivery."""
    found = of_no_connection(outgoing(), Finding("tls.untrusted-issuer"), "c", 1, 0, 1)
    assert found.outcome.state is DeliveryState.RETRYING
    assert found.relay_fault is not None


def test_a_retry_comes_later_each_time():
    """The wait grows with the number of attempts."""
    first = of_send(outgoing(), sent(code="smtp.temporary"), "c", 1).outcome.not_before
    fifth = of_send(outgoing(), sent(code="smtp.temporary"), "c", 5).outcome.not_before
    assert fifth > first > 1_000_000


def test_what_is_in_doubt_is_held_where_that_is_said():
    """The default sends it again; a person may want to look first."""
    doubted = sent(in_doubt=True, code="smtp.outcome-unknown")
    assert of_send(outgoing(), doubted, "c", 1).outcome.state is DeliveryState.RETRYING
    held = of_send(outgoing(), doubted, "c", 1, hold_doubted=True).outcome
    assert (held.state, held.hold) == (DeliveryState.HELD, HoldReason.IN_DOUBT)


def test_more_recipients_than_the_relay_takes_at_once_follow_at_once():
    """The first part was taken; the others wait for nothing."""
    part = SendOutcome(
        envelope_id="d",
        ok=True,
        finding=None,
        reply="250 Ok x",
        recipients=(Recipient(A, ACCEPTED, "250 Ok"),),
        transcript=(),
        started_at=0,
        finished_at=1_000_000,
    )
    outcome = of_send(outgoing(), part, "c", 1).outcome
    assert outcome.state is DeliveryState.RETRYING
    assert outcome.not_before == part.finished_at
    assert outcome.taken == 1


def test_after_a_fault_of_the_relay_a_message_waits_for_the_relay_alone():
    """Its own waiting would outlast the pause: the relay is back, and the alarm is not sent."""
    outcome = of_send(outgoing(), sent(code="auth.rejected"), "c", 5).outcome
    assert outcome.not_before == 1_000_000


def test_a_throttled_message_is_tried_soon():
    """The rate is lowered for it."""
    outcome = of_send(outgoing(), sent(code="ses.rate-exceeded"), "c", 7).outcome
    assert outcome.state is DeliveryState.RETRYING
    assert outcome.not_before == 2_000_000
