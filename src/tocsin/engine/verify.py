"""What the headers of a received message prove.

Needs no manager and no store; `ours` says whether it is one of our own deliveries.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tocsin.engine.recordlookup import Lookup
from tocsin.mail.received.alignment import (
    Aligned,
    Alignment,
    author_domain,
    find_policy,
    judge,
    policy_names,
    relate,
)
from tocsin.mail.received.arc import Chain, ChainResult, check_arc, read_sets, signatures_of
from tocsin.mail.received.dkim import check_dkim
from tocsin.mail.received.message import ReceivedMessage, read_message
from tocsin.mail.received.receiver import Statement, own_results, read_statements
from tocsin.mail.received.record import Answers
from tocsin.mail.received.results import Result
from tocsin.mail.received.route import Route, read_route
from tocsin.mail.received.signature import Checked, Outcome, read_signatures, record_names
from tocsin.ses.carried import Carriage, Proof, find_carriage

REHEARSAL_FIELD = "x-rehearsal"
"""The rehearsal relay marks its mails by this field."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A message that was read, and everything that was found out about it."""

    message: ReceivedMessage
    route: Route
    carriage: Carriage
    dkim: tuple[Checked, ...]
    chain: Chain
    statements: tuple[Statement, ...]
    alignment: Alignment
    source: str
    """Where the keys came from, in words."""
    from_dns: bool
    """Whether they are what the domains themselves publish."""

    @property
    def is_rehearsal(self) -> bool:
        """Whether it says that a stand-in for SES took it, and SES did not prove otherwise."""
        proven = self.from_dns and self.carriage.proof is Proof.SIGNATURE
        return bool(self.message.first(REHEARSAL_FIELD)) and not proven

    @property
    def ok(self) -> bool | None:
        """True: a signature holds and nothing is broken; False: something is; None: unproven."""
        outcomes = {one.outcome for one in self.dkim}
        if Outcome.FAIL in outcomes or self.chain.result is ChainResult.FAIL:
            return False
        return True if Outcome.PASS in outcomes else None


def verify(content: bytes, lookup: Lookup) -> Verified:
    """Read a message and verify what can be verified.

    Raises:
        NotMessage: it is too large, or no message.
    """
    message = read_message(content)
    domain = author_domain(message)
    answers = lookup(_names(message, domain))
    dkim = check_dkim(message, answers)
    statements = read_statements(message)
    return Verified(
        message=message,
        route=read_route(message),
        carriage=find_carriage(message, dkim),
        dkim=dkim,
        chain=check_arc(message, answers),
        statements=statements,
        alignment=_align(message, domain, dkim, statements, answers),
        source=lookup.source,
        from_dns=lookup.is_dns,
    )


def _names(message: ReceivedMessage, domain: str) -> set[str]:
    """Everything that is asked, so that it is asked at once."""
    sets, _ = read_sets(message)
    signatures = [*read_signatures(message), *signatures_of(sets)]
    return record_names(signatures) | set(policy_names(domain))


def _align(
    message: ReceivedMessage,
    domain: str,
    dkim: tuple[Checked, ...],
    statements: tuple[Statement, ...],
    answers: Answers,
) -> Alignment:
    results = own_results(statements)
    parts = [*_dkim_parts(domain, dkim, results), *_spf_part(message, domain, results)]
    policy, silence = find_policy(domain, answers) if domain else (None, "")
    unknown = any(one.result not in {"pass", "fail", "none"} for one in parts)
    return judge(domain, parts, policy, silence, whole=not unknown)


def _dkim_parts(
    domain: str, dkim: Iterable[Checked], results: Iterable[Result]
) -> Iterable[Aligned]:
    """Each signature; the receiver's word counts where we could not verify it ourselves."""
    told = {
        name: one.result
        for one in results
        if one.method == "dkim" and (name := _signing_domain(one))
    }
    for one in dkim:
        signer, result, word_of = one.signature.domain, one.outcome.value, "verified"
        if one.outcome in {Outcome.TEMPERROR, Outcome.PERMERROR} and signer in told:
            result, word_of = told[signer], "receiver"
        yield Aligned("dkim", signer, result, relate(domain, signer), word_of)


def _signing_domain(one: Result) -> str:
    return (one.get("header.d") or one.get("header.i").rpartition("@")[2]).lower()


def _spf_part(
    message: ReceivedMessage, domain: str, results: Iterable[Result]
) -> Iterable[Aligned]:
    """SPF can only be checked by whoever saw the connection: it is the receiver's word."""
    for one in results:
        if one.method == "spf":
            name = one.get("smtp.mailfrom") or message.first("return-path").strip("<> ")
            sender = name.rpartition("@")[2].lower()
            yield Aligned("spf", sender, one.result, relate(domain, sender), "receiver")
            return
