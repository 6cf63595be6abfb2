"""Explaining chains: each fault has its code, and names what is missing."""

from __future__ import annotations

import pytest

import chains
from chains import HOST
from tocsin.base.clock import DAY, now
from tocsin.trust.verdict import judge

LADDER = chains.ladder()
PRESENTED = [one.der for one in LADDER.presented]
AMAZON_HOST = "email-smtp.eu-west-1.amazonaws.com"


def code(chain: list[chains.Made], anchors: list[chains.Made], host: str = HOST) -> str | None:
    return judge([one.der for one in chain], [one.anchor() for one in anchors], host, now()).code


@pytest.mark.parametrize(
    "anchor", ["leaf", "intermediate", "root", "root_crossed", "second", "second_crossed", "oldest"]
)
def test_each_rung_of_the_ladder_carries_the_chain(anchor: str) -> None:
    """Every certificate of the chain, self-signed or not, serves as the only anchor."""
    made = getattr(LADDER, anchor)
    verdict = judge(PRESENTED, [made.anchor()], HOST, now())
    assert verdict.trusted
    assert verdict.anchor == made.sha256
    assert verdict.code is None
    assert verdict.missing == ()


def test_nothing_trusted_names_what_is_missing() -> None:
    """Without anchors the issuer above the highest certificate is named."""
    verdict = judge(PRESENTED, [], HOST, now())
    assert not verdict.trusted
    assert verdict.code == "tls.untrusted-issuer"
    assert verdict.missing == (LADDER.oldest.parsed.subject,)
    assert verdict.finding is not None
    assert verdict.finding.facts["issuer"] == LADDER.oldest.parsed.subject


def test_a_lone_certificate_below_a_known_house_is_incomplete() -> None:
    """Only the leaf is sent and its issuer belongs to an anchor's house: incomplete."""
    verdict = judge([LADDER.leaf.der], [LADDER.root.anchor()], HOST, now())
    assert verdict.code == "tls.incomplete-chain"
    assert verdict.missing == (LADDER.intermediate.parsed.subject,)


def test_a_lone_certificate_of_a_stranger_is_untrusted() -> None:
    """Only the leaf is sent and nothing links its issuer to an anchor: untrusted."""
    other = chains.ladder(house="Sample")
    verdict = judge([other.leaf.der], [LADDER.root.anchor()], HOST, now())
    assert verdict.code == "tls.untrusted-issuer"
    assert verdict.finding is not None
    assert verdict.finding.facts["reason"] == "the relay sent only its own certificate"


def test_a_root_is_never_called_missing_in_between() -> None:
    """An issuer that calls itself a root would not be sent: the anchor is wrong."""
    root = chains.make("Example Root CA 9", organization="Example Trust", ca=True)
    leaf = chains.make(issuer=root)
    assert code([leaf], [LADDER.root]) == "tls.untrusted-issuer"


def test_names_without_organizations_are_compared_by_their_first_word() -> None:
    """Private authorities often carry a common name alone."""
    root = chains.make("Lab Root", ca=True)
    between = chains.make("Lab Issuing CA", ca=True, issuer=root)
    leaf = chains.make(issuer=between)
    assert code([leaf], [root]) == "tls.incomplete-chain"
    assert code([leaf], [chains.make("Office Root", ca=True)]) == "tls.untrusted-issuer"


def test_a_known_intermediate_proves_the_gap() -> None:
    """A certificate seen earlier that fills the gap makes it incomplete for certain."""
    root = chains.make("Top", ca=True)
    between = chains.make("Between", ca=True, issuer=root)
    leaf = chains.make(issuer=between)
    judged = judge([leaf.der], [root.anchor()], HOST, now(), known=[between.parsed])
    assert judged.code == "tls.incomplete-chain"


def test_a_rekeyed_or_forged_authority_is_told() -> None:
    """The name of an anchor over another key is untrusted, and the words say why."""
    imitation = chains.make("Example Root CA 1", organization="Example Trust", ca=True)
    leaf = chains.make(issuer=imitation)
    verdict = judge([leaf.der], [LADDER.root.anchor()], HOST, now())
    assert verdict.code == "tls.untrusted-issuer"
    assert verdict.finding is not None
    assert "another key" in verdict.finding.facts["reason"]


def test_self_signed_and_unknown_roots_are_told_apart() -> None:
    """A certificate that signs itself, and a root that was sent along."""
    alone = chains.make()
    assert code([alone], [LADDER.root]) == "tls.self-signed"
    assert code([alone], [alone]) is None
    sent = [LADDER.leaf, LADDER.intermediate, LADDER.root]
    assert code(sent, []) == "tls.untrusted-issuer"


def test_inspection_is_suspected_by_name_or_by_place() -> None:
    """An inspecting device's name, or a stranger's chain at an Amazon host."""
    device = chains.make("Zscaler Root CA", ca=True)
    assert code([chains.make(issuer=device), device], []) == "tls.intercepted"
    company = chains.make("Example Company Proxy", organization="Example Company", ca=True)
    leaf = chains.make(AMAZON_HOST, issuer=company)
    assert code([leaf, company], [], AMAZON_HOST) == "tls.intercepted"
    assert code([leaf], [], AMAZON_HOST) == "tls.intercepted"


def test_amazons_own_names_at_an_amazon_host_are_no_inspection() -> None:
    """With Amazon's issuer names it is a matter of trust, not of interception."""
    root = chains.make("Root", organization="Amazon", ca=True)
    leaf = chains.make(AMAZON_HOST, issuer=root)
    assert code([leaf], [], AMAZON_HOST) == "tls.untrusted-issuer"


def test_an_impostor_root_is_called_out() -> None:
    """A published root's name over another key is said to be just that."""
    root = chains.make("Amazon Root CA 1", organization="Amazon", ca=True)
    leaf = chains.make(AMAZON_HOST, issuer=root)
    finding = judge([leaf.der, root.der], [], AMAZON_HOST, now()).finding
    assert finding is not None
    assert "name of a published root" in finding.facts["reason"]


def test_time_is_judged_for_every_certificate() -> None:
    """Leaf, intermediate or anchor out of time: the one concerned is named."""
    root = chains.make("Top", ca=True, ends=400)
    between = chains.make("Between", ca=True, issuer=root, ends=20)
    leaf = chains.make(issuer=between, ends=30)
    chain, anchors = [leaf.der, between.der], [root.anchor()]
    late = judge(chain, anchors, HOST, now() + 25 * DAY)
    assert late.code == "tls.expired"
    assert late.finding is not None
    assert late.finding.facts["subject"] == "CN=Between"
    assert late.finding.facts["expires"].endswith("Z")
    assert judge(chain, anchors, HOST, now() - 3 * DAY).code == "tls.not-yet-valid"
    assert judge(chain, anchors, HOST, now() + 500 * DAY).code == "tls.expired"


@pytest.mark.parametrize(
    ("leaf", "expected"),
    [
        ({"names": ("other.example.com", "192.0.2.9")}, "tls.name-mismatch"),
        ({"names": ()}, "tls.name-mismatch"),
        ({"kind": "rsa-1024"}, "tls.weak-key"),
        ({"purposes": (chains.CLIENT,)}, "tls.wrong-purpose"),
        ({}, None),
    ],
)
def test_faults_of_the_leaf(leaf: dict[str, object], expected: str | None) -> None:
    """Name, key and purpose of the server's certificate are judged."""
    made = chains.make(issuer=LADDER.root, **leaf)  # type: ignore[arg-type]
    assert code([made], [LADDER.root]) == expected


def test_an_issuer_must_be_an_authority() -> None:
    """A server certificate that signed another one is no issuer."""
    middle = chains.make("middle.example.com", issuer=LADDER.root)
    leaf = chains.make(issuer=middle)
    assert code([leaf, middle], [LADDER.root]) == "tls.invalid-chain"


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (7, "tls.invalid-chain"),
        (10, "tls.expired"),
        (23, "tls.revoked"),
        (26, "tls.wrong-purpose"),
        (47, "tls.invalid-chain"),
        (62, "tls.name-mismatch"),
        (64, "tls.name-mismatch"),
        (66, "tls.weak-key"),
        (68, "tls.weak-signature"),
        (79, "tls.invalid-chain"),
        (86, "tls.invalid-chain"),
    ],
)
def test_openssls_word_decides(number: int, expected: str) -> None:
    """What the handshake said counts, even where the chain looks well from here."""
    anchors = [LADDER.root.anchor()]
    verdict = judge(PRESENTED, anchors, HOST, now(), refused=number, reason="as OpenSSL says")
    assert (verdict.trusted, verdict.code) == (False, expected)
    assert verdict.finding is not None
    assert verdict.finding.facts["reason"] == "as OpenSSL says"


def test_unreadable_certificates_are_passed_over() -> None:
    """Garbage among the presented certificates hides nothing; garbage alone is a fault."""
    mixed = [PRESENTED[0], b"garbage", *PRESENTED[1:]]
    assert judge(mixed, [LADDER.root.anchor()], HOST, now()).trusted
    assert judge([b"garbage"], [], HOST, now()).code == "tls.invalid-chain"
    assert judge([], [], HOST, now()).code == "tls.invalid-chain"
