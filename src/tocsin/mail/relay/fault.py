"""The one place where what went wrong with a relay becomes a fault code."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from typing import Any

from tocsin.domain.delivery import ConnectionEvidence
from tocsin.faults.fault import Finding
from tocsin.faults.replies import recognise
from tocsin.mail.envelope import Envelope
from tocsin.mail.smtp import failure as smtp
from tocsin.mail.smtp.reply import Reply
from tocsin.mail.smtp.step import Step
from tocsin.trust.session import TlsFailure

Facts = Mapping[str, str]


class RelayFailure(Exception):
    """The relay cannot be used; `finding` says why, `evidence` what was seen on the way."""

    def __init__(self, finding: Finding, evidence: ConnectionEvidence) -> None:
        super().__init__(finding.code)
        self.finding = finding
        self.evidence = evidence


class TlsTrouble(smtp.ConversationFailure):
    """TLS failed, with the finding that its own package made."""

    def __init__(self, step: Step, failure: TlsFailure) -> None:
        super().__init__(step, f"TLS failed: {failure.finding.code}")
        self.finding = failure.finding
        self.chain = failure.chain


class LocalTrouble(smtp.ConversationFailure):
    """It went wrong before the relay could say anything; `code` is the fault code.

    The name was not found, no address answered, or our own settings leave nothing to offer.
    """

    def __init__(self, step: Step, code: str, words: str, address: str | None = None) -> None:
        super().__init__(step, words)
        self.code = code
        self.address = address


def finding_of(failure: smtp.ConversationFailure, facts: Facts) -> Finding:
    """The finding for a conversation that could not go on."""
    facts = {**facts, "stage": failure.step.value}
    if isinstance(failure, smtp.Refused):
        if failure.detail:
            facts["reason"] = failure.detail
        return finding_of_refusal(failure.step, failure.reply, facts)
    code, own = _TABLE.get(type(failure), _unknown)(failure)
    return Finding(code, {**facts, **own})


def finding_of_refusal(
    step: Step, reply: Reply, facts: Facts, envelope: Envelope | None = None
) -> Finding:
    """The finding for a reply that says no, to a message's envelope or to us altogether."""
    recognised = recognise(
        step.value,
        reply.code,
        reply.enhanced,
        reply.text,
        sender=None if envelope is None else envelope.sender,
        recipients=() if envelope is None else envelope.recipients,
    )
    return Finding(recognised.code, {**facts, **recognised.facts})


def finding_of_doubt(failure: smtp.ConversationFailure | None, facts: Facts) -> Finding:
    """The finding for a message whose final dot went out and was not clearly answered."""
    reason = "the reply makes no sense" if failure is None else failure.words
    return Finding("smtp.outcome-unknown", {**facts, "stage": Step.BODY.value, "reason": reason})


def finding_of_unsendable(problem: smtp.Unsendable, facts: Facts) -> Finding:
    """The finding for a message that we refuse to send."""
    facts = {**facts, "stage": Step.MAIL.value, "reply": f"not sent: {problem}"}
    match problem:
        case smtp.UnsafePath():
            return Finding("smtp.address-syntax", {**facts, "recipient": _safe(problem.address)})
        case smtp.NoRecipients():
            return Finding("smtp.no-recipients", facts)
        case smtp.TooLarge():
            sizes = {"size": str(problem.size), "limit": str(problem.limit)}
            return Finding("smtp.message-too-large", {**facts, **sizes})
        case smtp.NotOffered(address=str() as address):
            return Finding("smtp.address-syntax", {**facts, "recipient": _safe(address)})
    return Finding("smtp.content-rejected", facts)


def trouble_of_lookup(error: OSError | UnicodeError) -> LocalTrouble:
    """What a failed name lookup means."""
    if isinstance(error, UnicodeError):
        return LocalTrouble(Step.DNS, "dns.not-found", "the name is not a host name")
    lasting = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
    if isinstance(error, socket.gaierror) and error.errno in lasting:
        return LocalTrouble(Step.DNS, "dns.not-found", error.strerror or "not found")
    return LocalTrouble(Step.DNS, "dns.timeout", str(error.strerror or error))


def trouble_of_connect(error: OSError, address: str, seconds: float) -> LocalTrouble:
    """What a failed connection to one address means, which had so many seconds."""
    # asyncio puts words of its own in place of the system's.
    words = os.strerror(error.errno) if error.errno else str(error) or type(error).__name__
    if isinstance(error, ConnectionRefusedError):
        code = "tcp.refused"
    elif isinstance(error, TimeoutError):
        code = "tcp.timeout"
        words = words if error.errno else f"no answer within {seconds:g} s"
    else:
        code = "tcp.unreachable"
    return LocalTrouble(Step.TCP, code, words, address)


def _silence(step: Step) -> str:
    """The code for a step that was not done in time."""
    return {
        Step.DNS: "dns.timeout",
        Step.TCP: "tcp.timeout",
        Step.GREETING: "smtp.banner-timeout",
        Step.TLS: "tls.handshake-dropped",
    }.get(step, "smtp.timeout")


def _ending(step: Step) -> str:
    """The code for a connection that ended during a step."""
    return "tls.handshake-dropped" if step is Step.TLS else "smtp.closed-early"


def _shown(received: bytes) -> str:
    return ascii(received.decode("latin-1"))[1:-1]


def _safe(address: str) -> str:
    return ascii(address[:100])[1:-1]


def _unknown(failure: smtp.ConversationFailure) -> tuple[str, Facts]:
    return "unknown", {"reason": failure.words}


def _named(name: str, value: str | None) -> Facts:
    return {} if value is None else {name: value}


_TABLE: Mapping[type[smtp.ConversationFailure], Callable[[Any], tuple[str, Facts]]] = {
    LocalTrouble: lambda f: (f.code, {"reason": f.words, **_named("address", f.address)}),
    TlsTrouble: lambda f: (f.finding.code, f.finding.facts),
    smtp.Unanswered: lambda f: (_silence(f.step), {"seconds": f"{f.seconds:g}"}),
    smtp.Closed: lambda f: (_ending(f.step), {"reason": f.how}),
    smtp.NotSmtp: lambda f: (
        "smtp.not-smtp",
        {"reply": _shown(f.received), "reason": f.words},
    ),
    smtp.Masked: lambda f: ("smtp.masked-by-firewall", {"reply": f.received}),
    smtp.StartTlsMissing: lambda f: ("smtp.starttls-missing", {"offered": ", ".join(f.offered)}),
    smtp.StartTlsInjection: lambda f: (
        "smtp.starttls-injection",
        {"reply": _shown(f.received)},
    ),
    smtp.AuthNotOffered: lambda _f: ("auth.not-offered", {}),
    smtp.UnfitLogin: lambda f: ("auth.rejected", {"reply": f"not sent: {f.words}"}),
    smtp.NoMechanism: lambda f: (
        "auth.no-mechanism",
        {"mechanism": ", ".join(f.offered), "chosen": f.chosen},
    ),
    smtp.RelayUnproven: lambda f: ("auth.relay-unproven", {"reason": f.words}),
}
"""How each failure is called outside; a refusal is recognised by its reply instead."""
