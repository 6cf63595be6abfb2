"""Which certificate is proposed, by what an endpoint presents."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

import chains
from tocsin.base.clock import now
from tocsin.engine.setup import anchoring
from tocsin.engine.setup.anchoring import propose, trustworthy
from tocsin.faults.fault import Finding
from tocsin.trust.certificate import Certificate, load, parse_certificate
from tocsin.trust.collection import Collection
from tocsin.trust.published import AMAZON_ROOTS
from tocsin.trust.recommendation import recommend
from tocsin.trust.verdict import Verdict, judge

HOST = chains.HOST
ROOTS = {one.name: one.sha256 for one in AMAZON_ROOTS}


def collected(chain: Sequence[Certificate], anchors: Sequence[chains.Made] = ()) -> Collection:
    """What a look at an endpoint that presents this chain gives."""
    trusted = [one.anchor() for one in anchors]
    verdict = judge([one.der for one in chain], trusted, HOST, now())
    advice = recommend(chain, verdict, trusted)
    return Collection(HOST, 587, "starttls", 0, (), tuple(chain), verdict, recommendation=advice)


def crossed(name: str, issuer: chains.Made) -> Certificate:
    """A certificate that another authority gave to a published root: its name and its key."""
    root = load(anchoring._at_hand()[ROOTS[name]].der)
    builder = (
        x509.CertificateBuilder()
        .subject_name(root.subject)
        .issuer_name(issuer.x509.subject)
        .public_key(root.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(issuer.x509.not_valid_before_utc)
        .not_valid_after(issuer.x509.not_valid_after_utc)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    made = builder.sign(issuer.key, hashes.SHA256())
    return parse_certificate(chains.Made(made, None).der)


def test_the_published_roots_are_at_hand():
    """All of them, under their known fingerprints, whatever this machine has installed."""
    assert set(anchoring._at_hand()) == set(ROOTS.values())
    assert set(anchoring._of_botocore(AMAZON_ROOTS)) == set(ROOTS.values())


def test_the_highest_certificate_presented_is_proposed():
    """Of a relay that is not Amazon's, with the reason that the collection gives."""
    ladder = chains.ladder()
    found = collected([one.parsed for one in ladder.presented])
    anchor, reason = propose(found)
    assert anchor is not None
    assert anchor.sha256 == ladder.second_crossed.parsed.sha256
    assert found.recommendation is not None
    assert reason == found.recommendation.reason


def test_the_published_root_is_proposed_for_a_chain_that_ends_cross_signed():
    """The lowest one of Amazon's, which holds whichever way the chain is presented."""
    oldest = chains.make("Example Class 2 CA", ca=True)
    top = crossed("Starfield Services Root Certificate Authority - G2", oldest)
    anchor = anchoring._published_above([crossed("Amazon Root CA 1", oldest), top])
    assert anchor is not None
    assert (anchor.sha256, anchor.self_signed) == (ROOTS["Amazon Root CA 1"], True)
    only_top = anchoring._published_above([top])
    assert only_top is not None
    assert only_top.sha256 == ROOTS["Starfield Services Root Certificate Authority - G2"]
    impostor = chains.make("Amazon Root CA 1", ca=True, issuer=oldest).parsed
    assert anchoring._published_above([impostor]) is None


@pytest.mark.parametrize(
    ("host", "name", "expected"),
    [
        ("email-smtp.eu-west-1.amazonaws.com", None, False),
        ("email-smtp.eu-west-1.amazonaws.com", "Amazon Root CA 1", True),
        ("relay.example.com", None, True),
    ],
)
def test_of_amazon_a_published_root_alone_is_agreed_to_unseen(host, name, expected):
    """Whoever sits in between may call an authority of his own anything."""
    above = chains.make("Somebody in between", ca=True, ends=4000)
    anchor = above.parsed if name is None else crossed(name, above)
    seen: Any = SimpleNamespace(host=host, anchor=anchor)
    assert trustworthy(seen) == expected
    assert not trustworthy(SimpleNamespace(host=host, anchor=None))  # type: ignore[arg-type]


def test_a_trusted_chain_needs_nothing():
    """The reason says what it rests on."""
    ladder = chains.ladder()
    found = collected([one.parsed for one in ladder.presented], [ladder.root])
    anchor, reason = propose(found)
    assert anchor is None
    assert "trusted already" in reason


def test_a_server_that_sends_itself_alone_is_explained():
    """No certificate that it presented would last."""
    ladder = chains.ladder()
    anchor, reason = propose(collected([ladder.leaf.parsed]))
    assert anchor is None
    assert "only its own certificate" in reason


def test_an_endpoint_that_is_not_reached_is_explained():
    """The reason is that of the failure."""
    finding = Finding("tcp.refused", {"host": HOST, "port": "587", "address": "192.0.2.1"})
    verdict = Verdict(trusted=False, anchor=None, code=finding.code, finding=finding)
    anchor, reason = propose(Collection(HOST, 587, "starttls", 0, (), (), verdict))
    assert anchor is None
    assert "192.0.2.1" in reason or "587" in reason
