"""What the relay says to the envelope, and to a message if one is to be handed over."""

from __future__ import annotations

from dataclasses import replace

from tocsin.base.ids import uuid7
from tocsin.doctor.errand import Errand
from tocsin.doctor.evidence import evidence_of
from tocsin.doctor.passage import Passage
from tocsin.doctor.sight import Sight
from tocsin.faults.fault import Finding, Seriousness
from tocsin.mail.envelope import Envelope
from tocsin.mail.relay.fault import finding_of_refusal, finding_of_unsendable
from tocsin.mail.relay.outcome import finding_of_message
from tocsin.mail.smtp.reply import Reply
from tocsin.mail.smtp.step import Step

_REFUSED = 400


async def ask_about_envelope(passage: Passage, errand: Errand) -> list[Sight]:
    """Ask for sender and recipients, and hand the message over where nothing is refused."""
    if errand.sender is None:
        return []
    envelope = Envelope(uuid7(), errand.sender, errand.recipients, errand.message or b"")
    sights = await _try(passage, envelope)
    if errand.message is None or not errand.recipients or sights or not passage.talks:
        return sights
    transaction = await passage.hand_over(envelope)
    finding = finding_of_message(transaction, passage.failure, passage.facts)
    if finding is not None:
        sights.append(_sight(passage, finding))
    return sights


async def _try(passage: Passage, envelope: Envelope) -> list[Sight]:
    trial = await passage.try_envelope(envelope.sender, envelope.recipients)
    facts = {**passage.facts, "sender": envelope.sender}
    if trial.problem is not None:
        return [_sight(passage, finding_of_unsendable(trial.problem, facts))]
    sights = []
    if trial.mail is not None and trial.mail.code >= _REFUSED:
        sights.append(_sight(passage, finding_of_refusal(Step.MAIL, trial.mail, facts, envelope)))
    taken = [reply for reply in trial.replies.values() if reply.code < _REFUSED]
    for recipient, reply in trial.replies.items():
        if reply.code >= _REFUSED:
            most = Seriousness.WARNING if taken else Seriousness.ERROR
            sights.append(_refused(passage, envelope, recipient, reply, most))
    if trial.failure is not None and not sights and passage.finding is not None:
        sights.append(_sight(passage, passage.finding))
    return sights


def _refused(
    passage: Passage, envelope: Envelope, recipient: str, reply: Reply, most: Seriousness
) -> Sight:
    named = {**passage.facts, "sender": envelope.sender, "recipient": recipient}
    finding = finding_of_refusal(Step.RCPT, reply, named, envelope)
    sight = _sight(passage, finding, most)
    return replace(sight, evidence={**sight.evidence, "recipients": [recipient]})


def _sight(passage: Passage, finding: Finding, most: Seriousness = Seriousness.ERROR) -> Sight:
    step = finding.facts.get("stage", "mail")
    return Sight(finding, step, passage.address, evidence_of(passage), most)
