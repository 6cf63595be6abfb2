"""What became of each message of a batch, as the outbox keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.base.clock import Instant
from tocsin.domain.delivery import Exchange, Recipient, RecipientState
from tocsin.faults.fault import Finding
from tocsin.mail.relay.fault import (
    finding_of,
    finding_of_doubt,
    finding_of_refusal,
    finding_of_unsendable,
)
from tocsin.mail.smtp.failure import ConversationFailure
from tocsin.mail.smtp.reply import Reply
from tocsin.mail.smtp.step import Step
from tocsin.mail.smtp.transaction import Ending, Transaction


@dataclass(frozen=True, slots=True)
class SendOutcome:
    """The end of one try.

    `ok` is the relay's 250 after the final dot, nothing less. Exactly one of these holds:
    `ok`; `in_doubt` (the dot was written, no clear answer came: ``smtp.outcome-unknown``);
    `untried` (its turn did not come: send it again with no doubt and no waiting, `finding`
    says why, if anything); or none of them: it was not taken, `finding` says why.

    `ok` can come with a `finding`: some recipients were taken and this one was not. A
    recipient is `refused` for good (5yz) or still `pending` (4yz, or its message was not taken).
    """

    envelope_id: str
    ok: bool
    finding: Finding | None
    reply: str | None
    recipients: tuple[Recipient, ...]
    transcript: tuple[Exchange, ...]
    started_at: Instant
    finished_at: Instant
    in_doubt: bool = False
    untried: bool = False


def outcome_of(
    transaction: Transaction,
    failure: ConversationFailure | None,
    facts: Mapping[str, str],
    began: Instant,
) -> SendOutcome:
    """The outcome of an ended transaction.

    Args:
        transaction: what happened to the message.
        failure: what ended the conversation early or the batch, if anything did.
        facts: of the relay, to stand in every finding.
        began: when the connection began, which the transaction's times count from.
    """
    reply = transaction.final if transaction.refusal is None else transaction.refusal
    return SendOutcome(
        envelope_id=transaction.envelope.id,
        ok=transaction.ending is Ending.ACCEPTED,
        finding=finding_of_message(transaction, failure, facts),
        reply=None if reply is None else str(reply),
        recipients=_recipients(transaction),
        transcript=transaction.transcript(),
        started_at=began + int(transaction.started * 1_000_000),
        finished_at=began + int(transaction.finished * 1_000_000),
        in_doubt=transaction.ending is Ending.IN_DOUBT,
        untried=transaction.ending is Ending.UNTRIED,
    )


def finding_of_message(
    transaction: Transaction, failure: ConversationFailure | None, facts: Mapping[str, str]
) -> Finding | None:
    """What kept a message from being taken, or one of its recipients; None when nothing did."""
    ending = transaction.ending
    if ending is Ending.ACCEPTED:
        return _first_refused(transaction, facts)
    if ending is Ending.REFUSED:
        return _refused(transaction, facts)
    facts = {**facts, "sender": transaction.envelope.sender}
    if ending is Ending.UNSENDABLE:
        assert transaction.problem is not None
        return finding_of_unsendable(transaction.problem, facts)
    if ending is Ending.IN_DOUBT:
        return finding_of_doubt(failure, facts)
    return None if failure is None else finding_of(failure, facts)


def _first_refused(transaction: Transaction, facts: Mapping[str, str]) -> Finding | None:
    for index, reply in enumerate(transaction.recipients):
        if reply.code >= 400:  # noqa: PLR2004
            return _refused_recipient(transaction, index, facts)
    return None


def _refused(transaction: Transaction, facts: Mapping[str, str]) -> Finding:
    step, reply = transaction.refused_at, transaction.refusal
    assert step is not None
    assert reply is not None
    if step is Step.RCPT and reply in transaction.recipients:
        return _refused_recipient(transaction, transaction.recipients.index(reply), facts)
    envelope = transaction.envelope
    return finding_of_refusal(step, reply, {**facts, "sender": envelope.sender}, envelope)


def _refused_recipient(transaction: Transaction, index: int, facts: Mapping[str, str]) -> Finding:
    envelope = transaction.envelope
    named = {**facts, "sender": envelope.sender, "recipient": envelope.recipients[index]}
    return finding_of_refusal(Step.RCPT, transaction.recipients[index], named, envelope)


def _recipients(transaction: Transaction) -> tuple[Recipient, ...]:
    accepted = transaction.ending is Ending.ACCEPTED
    answers = transaction.recipients
    told = len(answers)
    return tuple(
        _recipient(address, answers[index] if index < told else None, accepted=accepted)
        for index, address in enumerate(transaction.envelope.recipients)
    )


def _recipient(address: str, answer: Reply | None, *, accepted: bool) -> Recipient:
    if answer is None:
        return Recipient(address)
    if answer.code >= 500:  # noqa: PLR2004
        return Recipient(address, RecipientState.REFUSED, str(answer))
    if accepted and answer.code < 300:  # noqa: PLR2004
        return Recipient(address, RecipientState.ACCEPTED, str(answer))
    return Recipient(address, RecipientState.PENDING, str(answer))
