"""Faults of the chain together: each spoils what it is about, and nothing another one did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import combinations, permutations

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from tocsin.rehearsal.chain import Chain, Issued, make_chain, make_key, names_of
from tocsin.rehearsal.fault.pair import independent
from tocsin.rehearsal.fault.registry import load_faults, make_faults
from tocsin.rehearsal.presentation import honest
from tocsin.rehearsal.terms import Terms

Presented = tuple[Issued, ...]


@pytest.fixture(scope="module")
def chain() -> Chain:
    """A chain whose keys every test shares."""
    return make_chain("eu-west-1")


@pytest.fixture
def spared(monkeypatch):
    """Further keys are made once for each length: most of the time goes into them."""
    once = cache(make_key)
    for module in ("chain", "presentation"):
        monkeypatch.setattr(f"tocsin.rehearsal.{module}.make_key", once)


def presented(chain: Chain, names: Sequence[str]) -> Presented:
    """What a relay with these faults presents."""
    plan = honest(chain)
    for fault in make_faults(names):
        plan = fault.present(chain, plan)
    return plan.issue(chain)


def days_left(one: Issued) -> float:
    """Days until it ends."""
    return (one.certificate.not_valid_after_utc - datetime.now(UTC)) / timedelta(days=1)


def begins_later(one: Issued) -> bool:
    """It is not valid yet."""
    return one.certificate.not_valid_before_utc > datetime.now(UTC)


def purposes(one: Issued) -> list[x509.ObjectIdentifier]:
    """Its extended key usage."""
    return list(one.certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)


def issued_by_next(many: Presented) -> bool:
    """The second one has signed the first."""
    leaf, issuer = many[0].certificate, many[1].certificate.public_key()
    assert isinstance(issuer, rsa.RSAPublicKey)
    digest = leaf.signature_hash_algorithm
    assert digest is not None
    try:
        issuer.verify(leaf.signature, leaf.tbs_certificate_bytes, padding.PKCS1v15(), digest)
    except InvalidSignature:
        return False
    return True


def bits(one: Issued) -> int:
    """Of its key."""
    key = one.certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    return key.key_size


def is_authority(one: Issued) -> bool:
    """It may issue."""
    kind = x509.BasicConstraints
    return one.certificate.extensions.get_extension_for_class(kind).value.ca


def constrained(one: Issued) -> bool:
    """It may issue for some names only."""
    return any(one.oid == x509.OID_NAME_CONSTRAINTS for one in one.certificate.extensions)


def issuer_of(many: Presented) -> str:
    """Whom the leaf names as its issuer."""
    return many[0].certificate.issuer.rfc4514_string()


SIGNS: dict[str, Callable[[Presented], bool]] = {
    "broken-signature": lambda many: not issued_by_next(many),
    "clock-behind": lambda many: len(many) > 1 and all(begins_later(one) for one in many),
    "expired": lambda many: days_left(many[0]) < 0,
    "expiring": lambda many: 4 < days_left(many[0]) < 6,
    "intercepted": lambda many: "TLS Inspection" in issuer_of(many) and issued_by_next(many),
    "issuer-no-authority": lambda many: not is_authority(many[1]) and issued_by_next(many),
    "missing-intermediate": lambda many: len(many) == 1 and "RSA 2048 M01" in issuer_of(many),
    "name-constraint": lambda many: constrained(many[1]) and issued_by_next(many),
    "not-yet-valid": lambda many: begins_later(many[0]),
    "other-intermediate": lambda many: "M04" in issuer_of(many) and issued_by_next(many),
    "path-too-long": lambda many: "Sub CA" in issuer_of(many) and issued_by_next(many),
    "self-signed": lambda many: len(many) == 1 and "RSA 2048 M01" not in issuer_of(many),
    "untrusted-issuer": lambda many: "Issuing CA 3" in issuer_of(many) and issued_by_next(many),
    "weak-key": lambda many: bits(many[0]) == 1024,
    "weak-signature": lambda many: many[0].certificate.signature_hash_algorithm.name == "sha1",
    "wrong-name": lambda many: names_of(many[0]) == ("mail.example.org",),
    "wrong-purpose": lambda many: purposes(many[0]) == [ExtendedKeyUsageOID.CLIENT_AUTH],
}
"""What shows each fault on what is presented."""


def test_every_fault_of_the_chain_has_its_sign():
    """A new fault that changes what is presented cannot be forgotten here."""
    changing = {name for name, kind in load_faults().items() if "present" in vars(kind)}
    assert changing == set(SIGNS)


def test_an_endpoint_without_faults_presents_the_chain_as_it_is(chain):
    """None of the signs is there, and no certificate is made anew."""
    assert presented(chain, []) == chain.presented
    assert [name for name, shows in SIGNS.items() if shows(chain.presented)] == []


@pytest.mark.parametrize("name", SIGNS)
def test_a_fault_shows(chain, name):
    """Alone, each does what it is about."""
    assert SIGNS[name](presented(chain, [name]))


def test_two_independent_faults_show_together_in_any_order(chain, spared):
    """Neither throws the other's work away."""
    kinds = load_faults()
    pairs = [pair for pair in permutations(SIGNS, 2) if independent(kinds[pair[0]], kinds[pair[1]])]
    assert len(pairs) > 100
    for pair in pairs:
        many = presented(chain, pair)
        assert [name for name in pair if not SIGNS[name](many)] == [], pair


@pytest.mark.parametrize("names", list(permutations(("expired", "wrong-name", "untrusted-issuer"))))
def test_one_leaf_can_have_three_faults(chain, names):
    """Out of date, for another server, and of an unknown house: one certificate."""
    many = presented(chain, names)
    assert all(SIGNS[name](many) for name in names)


def test_terms_keep_what_others_asked_for():
    """A later fault of TLS does not raise the level again that an earlier one needs."""
    for names in permutations(("weak-key", "no-shared-cipher", "client-certificate")):
        terms = Terms()
        for fault in make_faults(names):
            terms = fault.secure(terms)
        assert (terms.level, terms.ciphers, terms.wants_certificate) == (0, "AES128-SHA", True)


def test_whatever_is_chosen_together_can_be_served(chain, spared, tmp_path):
    """No choice of faults leaves the relay without certificates or TLS that load."""
    kinds = load_faults()
    touching = [name for name, one in kinds.items() if vars(one).keys() & {"present", "secure"}]
    choices = [*combinations(touching, 2), tuple(kinds), tuple(reversed(kinds))]
    certificates, key = tmp_path / "presented.pem", tmp_path / "presented.key"
    for names in choices:
        terms = Terms()
        for fault in make_faults(names):
            terms = fault.secure(terms)
        many = presented(chain, names)
        certificates.write_bytes(b"".join(one.pem for one in many))
        key.write_bytes(many[0].key_pem)
        assert terms.make_context(certificates, key) is not None, names
