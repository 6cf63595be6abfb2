"""What became of each message of a batch, as the outbox keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

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
from tocsin.mail.smtp.step import Step
from tocsin.mail.smtp.transaction import Ending, Transaction


class SendOutcome(NamedTuple):
    """The end of one try.

    `ok` is the relay's 250 after the final dot, nothing less. Exactly one of these holds:
    `ok`; `in_doubt` (the dot was written, no clear answer came: ``smtp.outcome-unknown``);
    `untried` (its turn did not come: send it again with no doubt and no waiting, `finding`
    says why, if anything); or none of them: it was not taken, `finding` says why.

    `ok` can come with a `finding`: some recipients were taken and this one was not. A
    recipient is `refused` for good (5yz) or still `pending` (4yz, or its message was not taken).
    """

    # A tuple, because it is made for every message that goes out.
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


_ACCEPTED, _PENDING = RecipientState.ACCEPTED, RecipientState.PENDING


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
    ending = transaction.ending
    reply = transaction.final if transaction.refusal is None else transaction.refusal
    return SendOutcome(
        transaction.envelope.id,
        ending is Ending.ACCEPTED,
        finding_of_message(transaction, failure, facts),
        None if reply is None else str(reply),
        _recipients(transaction),
        transaction.transcript(),
        began + int(transaction.started * 1_000_000),
        began + int(transaction.finished * 1_000_000),
        ending is Ending.IN_DOUBT,
        ending is Ending.UNTRIED,
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
    yes = _ACCEPTED if transaction.ending is Ending.ACCEPTED else _PENDING
    addresses, answers = transaction.envelope.recipients, transaction.recipients
    told = [
        Recipient(address, _state(answer.code, yes), str(answer))
        for address, answer in zip(addresses, answers, strict=False)
    ]
    if len(answers) < len(addresses):
        told += map(Recipient, addresses[len(answers) :])
    return tuple(told)


def _state(code: int, yes: RecipientState) -> RecipientState:
    """What an answer to RCPT means for one recipient; a yes only means what the last one did."""
    if code < 300:  # noqa: PLR2004
        return yes
    return RecipientState.REFUSED if code >= 500 else _PENDING  # noqa: PLR2004
