"""The verdict on a received message in plain words.

Each statement is a sentence with facts in its places, so that pages can say it in another
language.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from tocsin.engine.verify import Verified
from tocsin.mail.received.arc import ChainResult
from tocsin.mail.received.signature import Checked, Outcome
from tocsin.ses.carried import Carriage, Proof

REHEARSAL: Final = (
    "It is a rehearsal: a stand-in for Amazon SES took it, and it never left that machine."
)
SES_SIGNED: Final = "Amazon SES in {region} carried it: the signature of amazonses.com holds."
SES_SIGNED_SOMEWHERE: Final = "Amazon SES carried it: the signature of amazonses.com holds."
SES_SEEN: Final = "Amazon SES in {region} carried it: the receiving server took it from {host}."
SES_SEEN_SOMEWHERE: Final = "Amazon SES carried it: the receiving server took it from {host}."
SES_CLAIMED: Final = "Its header says that Amazon SES in {region} carried it; nothing proves that."
SES_CLAIMED_SOMEWHERE: Final = "Its header says that Amazon SES carried it; nothing proves that."
SES_NOT: Final = "Nothing says that Amazon SES carried it."
SES_DISAGREES: Final = "What speaks for Amazon SES names different regions."
DKIM_NONE: Final = "It has no DKIM signature: nothing proves who wrote it."
DKIM_PASS: Final = "The DKIM signature of {domain} is valid: what it covers was not changed."  # noqa: S105 -- a sentence
DKIM_PASS_BUT: Final = "The DKIM signature of {domain} is valid, but {reason}."  # noqa: S105 -- a sentence
DKIM_FAIL: Final = "The DKIM signature of {domain} does not hold: {reason}."
DKIM_POLICY: Final = "The DKIM signature of {domain} does not count: {reason}."
DKIM_TEMPERROR: Final = "The DKIM signature of {domain} was not checked: {reason}."
DKIM_PERMERROR: Final = "The DKIM signature of {domain} cannot be checked: {reason}."
ARC_PASS: Final = "The ARC chain holds: what {domains} found out was not changed since."  # noqa: S105 -- a sentence
ARC_FAIL: Final = "The ARC chain is broken: {reason}."
ARC_UNCHECKED: Final = "The ARC chain was not checked: {reason}."
ALIGNED: Final = "The sender that the reader sees, {domain}, is authenticated (DMARC alignment)."
NOT_ALIGNED: Final = "The sender that the reader sees, {domain}, is not what was authenticated."
ALIGNMENT_UNKNOWN: Final = "Whether the sender that the reader sees is genuine cannot be told."
RECEIVER: Final = "The receiving server, {server}, says: {results}."
RECEIVER_UNNAMED: Final = "The receiving server says: {results}."
TOOK: Final = "It was {seconds} s under way, over {hops} hops."
CLOCKS_DIFFER: Final = "The clocks on its way differ: at {by} it arrived {seconds} s too early."
OURS: Final = "It is delivery {delivery} of this manager."
OURS_ALARM: Final = "It names alarm {alarm} of this manager; which delivery it is cannot be told."
NOT_OURS: Final = "It is no delivery of this manager."

SENTENCES: Final = tuple(
    value for name, value in tuple(globals().items()) if name.isupper() and isinstance(value, str)
)
"""All of them, for translations."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence and the facts that stand in its places."""

    sentence: str
    facts: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.sentence.format(**self.facts)


def state(found: Verified) -> tuple[Statement, ...]:
    """What was found out, the most telling first."""
    return (
        # What a stand-in writes and signs in the name of SES says nothing about SES.
        *([Statement(REHEARSAL)] if found.is_rehearsal else _of_ses(found.carriage)),
        *_of_dkim(found.dkim),
        *_of_alignment(found),
        *_of_chain(found),
        *_of_receiver(found),
        *_of_route(found),
    )


_SES: Final = {
    Proof.SIGNATURE: (SES_SIGNED, SES_SIGNED_SOMEWHERE),
    Proof.SEEN: (SES_SEEN, SES_SEEN_SOMEWHERE),
    Proof.CLAIMED: (SES_CLAIMED, SES_CLAIMED_SOMEWHERE),
    Proof.NONE: (SES_NOT, SES_NOT),
}


def _of_ses(carriage: Carriage) -> Iterator[Statement]:
    known, somewhere = _SES[carriage.proof]
    facts = {"region": carriage.region} if carriage.region else {}
    if carriage.proof is Proof.SEEN:
        facts["host"] = carriage.evidence[0].value
    yield Statement(known if carriage.region else somewhere, facts)
    if carriage.disagrees:
        yield Statement(SES_DISAGREES)


_DKIM: Final = {
    Outcome.PASS: DKIM_PASS_BUT,
    Outcome.FAIL: DKIM_FAIL,
    Outcome.POLICY: DKIM_POLICY,
    Outcome.TEMPERROR: DKIM_TEMPERROR,
    Outcome.PERMERROR: DKIM_PERMERROR,
}


def _of_dkim(signatures: tuple[Checked, ...]) -> Iterator[Statement]:
    if not signatures:
        yield Statement(DKIM_NONE)
    for one in signatures:
        domain, reason = one.signature.domain or "?", one.reason.removeprefix("not checked: ")
        if one.holds and not reason:
            yield Statement(DKIM_PASS, {"domain": domain})
        else:
            yield Statement(_DKIM[one.outcome], {"domain": domain, "reason": reason})


def _of_alignment(found: Verified) -> Iterator[Statement]:
    alignment = found.alignment
    if alignment.result == "unknown" or not alignment.domain:
        yield Statement(ALIGNMENT_UNKNOWN)
    else:
        sentence = ALIGNED if alignment.result == "pass" else NOT_ALIGNED
        yield Statement(sentence, {"domain": alignment.domain})


def _of_chain(found: Verified) -> Iterator[Statement]:
    chain = found.chain
    reason = {"reason": chain.reason.removeprefix("not checked: ")}
    if chain.result is ChainResult.PASS:
        sealers = dict.fromkeys(one.seal.domain for one in chain.sets if one.seal is not None)
        yield Statement(ARC_PASS, {"domains": ", ".join(sealers)})
    elif chain.result is ChainResult.FAIL:
        yield Statement(ARC_FAIL, reason)
    elif chain.result is ChainResult.UNCHECKED:
        yield Statement(ARC_UNCHECKED, reason)


def _of_receiver(found: Verified) -> Iterator[Statement]:
    own = [one.results for one in found.statements if one.own]
    results = [f"{one.method}={one.result}" for part in own for one in part.results]
    if not results:
        return
    facts = {"results": ", ".join(results)}
    server = next((one.server for one in own if one.server), "")
    if server:
        yield Statement(RECEIVER, {"server": server, **facts})
    else:
        yield Statement(RECEIVER_UNNAMED, facts)


def _of_route(found: Verified) -> Iterator[Statement]:
    took = found.route.took_s
    if took is not None and took >= 0:
        hops = str(len(found.route.steps))
        yield Statement(TOOK, {"seconds": f"{took:g}", "hops": hops})
    for one in found.route.steps:
        if one.clocks_differ and one.delay_s is not None:
            facts = {"by": one.hop.by or "?", "seconds": f"{-one.delay_s:g}"}
            yield Statement(CLOCKS_DIFFER, facts)
