"""What an attempt's result means for its delivery and for the relay: the one place that says so."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tocsin.base.backoff import Backoff
from tocsin.base.clock import SECOND, Instant
from tocsin.domain.delivery import (
    DeliveryState,
    Exchange,
    HoldReason,
    Recipient,
    RecipientState,
)
from tocsin.faults.catalogue import FAULTS
from tocsin.faults.fault import Finding, Retry, Scope
from tocsin.mail.relay import SendOutcome
from tocsin.store.queries.outbox import Outcome
from tocsin.store.queries.outgoing import Outgoing

# The waits that Amazon advises for a 4xx: 5, 10, 30 seconds … 20 minutes
# (SES developer guide, "Sending throttled").
RETRY = Backoff(first=5, ceiling=1200, factor=2.5)

QUOTA_USED = Finding("ses.daily-quota", {"reply": "the quota that was set is used up"})
"""The relay was not asked: what it may take in a day by its configuration, it has taken."""


def quota_of_account_used(quota: int, others: int) -> Finding:
    """The same by the account's own quota, of which others may have used a part."""
    said = f"the {quota} recipients that Amazon SES allows it in 24 hours are used"
    return Finding("ses.daily-quota", {"reply": f"{said}, {others} of them by others"})


BROKEN = frozenset({"smtp.closed-early", "smtp.timeout", "smtp.not-smtp"})
"""A connection that worked broke in the middle of a message: the relay's doing, or the
message's. One message alone proves nothing against the relay."""

THROTTLED = "ses.rate-exceeded"
"""The relay is well and asks for less: its rate is lowered, and it is not paused."""


@dataclass(frozen=True, slots=True)
class Consequence:
    """The outcome to be recorded, and what it says of the relay as a whole."""

    outcome: Outcome
    relay_fault: Finding | None
    """Set when the failure concerns the relay: it pauses, everything stays queued."""


def of_send(
    outgoing: Outgoing,
    sent: SendOutcome,
    connection_id: str,
    number: int,
    *,
    hold_doubted: bool = False,
) -> Consequence:
    """What became of a message that was put to a relay.

    One that may have been taken is sent again, or held when `hold_doubted` says so.
    """
    recipients = _merged(outgoing.recipients, sent.recipients)
    if not sent.ok and sent.finding is not None:
        recipients = _named_as_refused(recipients, sent.finding, sent.reply)
    state, relay_fault = _state(outgoing, sent, recipients)
    ended = state is DeliveryState.DELIVERED
    hold = None
    if sent.in_doubt and hold_doubted and state is DeliveryState.RETRYING:
        state, hold = DeliveryState.HELD, HoldReason.IN_DOUBT
    outcome = Outcome(
        delivery_id=outgoing.id,
        action=outgoing.action,
        kind=outgoing.kind,
        number=number,
        connection_id=connection_id,
        started_at=sent.started_at,
        finished_at=sent.finished_at,
        ok=sent.ok,
        in_doubt=sent.in_doubt,
        code=sent.finding.code if sent.finding else None,
        facts=dict(sent.finding.facts) if sent.finding else {},
        reply=sent.reply,
        transcript=sent.transcript,
        state=state,
        recipients=recipients,
        not_before=sent.finished_at if ended else _next_try(outgoing, sent, number),
        hold=hold,
        taken=sum(one.state is RecipientState.ACCEPTED for one in sent.recipients),
    )
    return Consequence(outcome, relay_fault)


def of_no_connection(
    outgoing: Outgoing,
    finding: Finding,
    connection_id: str | None,
    number: int,
    started_at: Instant,
    finished_at: Instant,
) -> Consequence:
    """What it means for the delivery at hand that the relay could not be reached or used."""
    state = DeliveryState.FAILED if outgoing.is_test else DeliveryState.RETRYING
    return Consequence(
        _failure(outgoing, finding, connection_id, number, started_at, finished_at, state),
        finding,
    )


def of_no_message(outgoing: Outgoing, finding: Finding, number: int, now: Instant) -> Consequence:
    """What it means that no message could be made of the alarm: only this delivery fails."""
    return Consequence(
        _failure(outgoing, finding, None, number, now, now, DeliveryState.FAILED), None
    )


def _failure(
    outgoing: Outgoing,
    finding: Finding,
    connection_id: str | None,
    number: int,
    started_at: Instant,
    finished_at: Instant,
    state: DeliveryState,
) -> Outcome:
    no_words: tuple[Exchange, ...] = ()
    return Outcome(
        delivery_id=outgoing.id,
        action=outgoing.action,
        kind=outgoing.kind,
        number=number,
        connection_id=connection_id,
        started_at=started_at,
        finished_at=finished_at,
        ok=False,
        in_doubt=False,
        code=finding.code,
        facts=dict(finding.facts),
        reply=finding.facts.get("reply"),
        transcript=no_words,
        state=state,
        recipients=outgoing.recipients,
        not_before=finished_at,
    )


def _merged(known: tuple[Recipient, ...], told: tuple[Recipient, ...]) -> tuple[Recipient, ...]:
    if all(one.state is RecipientState.PENDING and one.receipt == "none" for one in known) and [
        one.address for one in known
    ] == [one.address for one in told]:
        return told
    said = {one.address: one for one in told}
    return tuple(
        replace(one, state=said[one.address].state, reply=said[one.address].reply)
        if one.address in said
        else one
        for one in known
    )


def _named_as_refused(
    recipients: tuple[Recipient, ...], finding: Finding, reply: str | None
) -> tuple[Recipient, ...]:
    """A relay that refuses the whole message for some recipients names them in its reply.

    Amazon SES does: they are refused, and the message can go to the others.
    """
    fault = FAULTS[finding.code]
    if fault.scope is not Scope.RECIPIENT or fault.retry is not Retry.FINAL:
        return recipients
    named = {one.strip().lower() for one in finding.facts.get("recipients", "").split(",")}
    return tuple(
        replace(one, state=RecipientState.REFUSED, reply=reply)
        if one.address.lower() in named
        else one
        for one in recipients
    )


def _state(
    outgoing: Outgoing, sent: SendOutcome, recipients: tuple[Recipient, ...]
) -> tuple[DeliveryState, Finding | None]:
    again = DeliveryState.FAILED if outgoing.is_test else DeliveryState.RETRYING
    if sent.ok:
        waiting = any(one.state is RecipientState.PENDING for one in recipients)
        return (again if waiting and not outgoing.is_test else DeliveryState.DELIVERED), None
    if sent.in_doubt:
        return (DeliveryState.UNKNOWN if outgoing.is_test else DeliveryState.RETRYING), None
    finding = sent.finding or Finding("unknown")
    fault = FAULTS[finding.code]
    if fault.scope is Scope.RELAY:
        return again, finding
    if any(one.state is RecipientState.PENDING for one in recipients) and (
        fault.scope is Scope.RECIPIENT or fault.retry is Retry.TRANSIENT
    ):
        return again, None
    return (again if fault.retry is Retry.TRANSIENT else DeliveryState.FAILED), None


def _next_try(outgoing: Outgoing, sent: SendOutcome, number: int) -> Instant:
    finding = sent.finding
    if finding is not None and finding.code == THROTTLED:
        return sent.finished_at + SECOND  # the rate has been lowered: it need not wait long
    if (
        finding is not None
        and FAULTS[finding.code].scope is Scope.RELAY
        and finding.code not in BROKEN
        and not sent.in_doubt
    ):
        return sent.finished_at  # the relay's own pause is what it waits for
    if sent.ok and len(sent.recipients) < _pending(outgoing.recipients):
        return sent.finished_at  # the others were more than the relay takes at once
    return sent.finished_at + int(RETRY.delay(number) * SECOND)


def _pending(recipients: tuple[Recipient, ...]) -> int:
    return sum(one.state is RecipientState.PENDING for one in recipients)
