"""What each failure means for the message, the recipient and the relay."""

from __future__ import annotations

import pytest

from tocsin.channels.sample import sample_alarm
from tocsin.domain.alarm import TransitionKind
from tocsin.domain.delivery import DeliveryState, Recipient, RecipientState
from tocsin.engine.consequence import of_no_connection, of_send
from tocsin.faults.fault import Finding
from tocsin.mail.relay import SendOutcome
from tocsin.store.queries.outbox import Outgoing

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
        transition=TransitionKind.ACTIVE,
        alarm=sample_alarm(0),
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
