"""Which certificate to trust so that the endpoint verifies, and those that somebody chose."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from tocsin.base.clock import now
from tocsin.central.configuration import Configuration
from tocsin.central.problem import Invalid, Problem
from tocsin.engine.setup.proposal import Proposal
from tocsin.engine.trusted import trusted_anchors
from tocsin.faults.catalogue import explain
from tocsin.trust.anchor import Anchor, check_new_anchor
from tocsin.trust.certificate import Certificate, NotCertificates, parse_certificate
from tocsin.trust.collection import Collection
from tocsin.trust.published import AMAZON_ROOTS, PublishedRoot, is_amazon_host, published_root
from tocsin.trust.systemroots import system_anchors
from tocsin.trust.upload import find_certificates


def propose(collection: Collection) -> tuple[Certificate | None, str]:
    """The certificate that should be trusted, and why; without one, why none is proposed.

    It is the one that the collection recommends. Where the chain ends without a root, at a
    certificate that another authority gave to one of Amazon's, it is the published root of the
    lowest of these: that holds whichever way Amazon presents the chain.
    """
    verdict = collection.verdict
    if verdict.trusted:
        name = collection.anchor_name or "a certificate of the trust store"
        return None, f"The chain is trusted already: it rests on {name}."
    advice = collection.recommendation
    if advice is None:
        finding = verdict.finding or next(iter(collection.findings), None)
        return None, explain(finding).cause if finding else "No chain was presented."
    presented = collection.certificate(advice.sha256) if advice.sha256 else None
    if presented is None:
        return None, advice.reason
    root = None if presented.self_signed else _published_above(collection.certificates)
    if root is None:
        return presented, advice.reason
    return root, (
        f"It is the root that Amazon Trust Services publishes as {root.common_name}. What was "
        "presented ends at a certificate that another authority gave to it; the root has the same "
        "key, and outlasts that."
    )


def trustworthy(proposal: Proposal) -> bool:
    """Whether what is proposed may be agreed to unseen: of Amazon's host a published key alone."""
    if proposal.anchor is None:
        return False
    return not is_amazon_host(proposal.host) or published_root(proposal.anchor) is not None


def _published_above(chain: Iterable[Certificate]) -> Certificate | None:
    roots = (published_root(one) for one in chain if one.is_ca)
    found = (_at_hand().get(one.sha256) for one in roots if one is not None)
    return next((one for one in found if one and not check_new_anchor(one, now())), None)


@lru_cache(maxsize=1)
def _at_hand() -> dict[str, Certificate]:
    """The published roots that this machine has: of the operating system, or of botocore.

    Where they lie proves nothing; the fingerprint that is known does.
    """
    wanted = {one.sha256 for one in AMAZON_ROOTS}
    found = {
        one.certificate.sha256: one.certificate
        for one in system_anchors()
        if one.certificate.sha256 in wanted
    }
    if len(found) < len(wanted):
        found |= _of_botocore(AMAZON_ROOTS)
    return found


def _of_botocore(roots: Iterable[PublishedRoot]) -> dict[str, Certificate]:
    wanted = {one.sha256 for one in roots}
    spec = find_spec("botocore")
    if spec is None or spec.origin is None:
        return {}
    try:
        content = Path(spec.origin).with_name("cacert.pem").read_bytes()
        ders = [
            der
            for der in find_certificates(content, "")
            if hashlib.sha256(der).hexdigest() in wanted
        ]
        return {one.sha256: one for one in map(parse_certificate, ders)}
    except (OSError, NotCertificates):
        return {}


def chosen(proposal: Proposal, fingerprints: Sequence[str]) -> tuple[Certificate, ...]:
    """The certificates of these fingerprints, however their pairs are set apart; each once.

    Raises:
        Invalid: one was neither collected nor proposed, nor agreed to before.
    """
    collected = () if proposal.collection is None else proposal.collection.certificates
    proposed = () if proposal.anchor is None else (proposal.anchor,)
    known = {one.sha256: one for one in (*collected, *proposed, *proposal.agreed)}
    wanted = dict.fromkeys(one.replace(":", "").replace(" ", "").lower() for one in fingerprints)
    strange = next((one for one in wanted if one not in known), None)
    if strange is not None:
        problem = f"{proposal.host} presents no certificate with the SHA-256 {strange[:64]!r}"
        accepted = proposal.anchor.sha256 if proposal.anchor is not None else ", ".join(known)
        raise Invalid([Problem("trust", problem, accepted)])
    return tuple(known[one] for one in wanted)


def anchors_with(
    configuration: Configuration, trusting: Sequence[Certificate]
) -> tuple[Anchor, ...]:
    """The anchors in force, and those that somebody agreed to trust."""
    held = trusted_anchors(configuration)
    known = {one.certificate.sha256 for one in held}
    return (*held, *(Anchor(one.title, one) for one in trusting if one.sha256 not in known))
