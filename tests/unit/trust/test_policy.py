"""Cipher lists: what OpenSSL drops in silence is said aloud here."""

from __future__ import annotations

import pytest

from tocsin.trust.ciphercheck import check_ciphers, check_policy
from tocsin.trust.context import client_context
from tocsin.trust.policy import (
    DEFAULT_POLICY,
    PRESET_SOURCES,
    PRESETS,
    TLS13_SUITES,
    CipherPolicy,
    RefusedCiphers,
    UnknownCiphers,
)


def test_every_preset_passes_the_check() -> None:
    """Each preset offers something and has no unknown name."""
    for policy in PRESETS.values():
        assert check_policy(policy).offered


def test_the_default_has_no_dhe_and_only_authenticated_encryption() -> None:
    """The default leaves nothing to the relay's choice of Diffie-Hellman parameters."""
    checked = check_policy(DEFAULT_POLICY)
    assert checked.weak_exchange == ()
    older = [name for name in checked.offered if name not in TLS13_SUITES]
    assert older
    assert all(name.startswith("ECDHE-") for name in older)
    assert all("GCM" in name or "POLY1305" in name for name in older)


def test_the_guides_list_is_told_what_it_does_not_do() -> None:
    """Its four TLS 1.3 names neither order nor choose anything, which is said."""
    checked = check_policy(PRESETS["guide"])
    assert len(checked.without_effect) == 4
    assert "TLS_AES_128_CCM_SHA256" not in checked.offered
    assert "AES128-GCM-SHA256" in checked.offered
    assert checked.weak_exchange == ()


def test_every_preset_says_what_it_is() -> None:
    """The list of presets and the list of their sources are the same."""
    assert list(PRESETS) == list(PRESET_SOURCES)


def test_mozillas_intermediate_list_is_offered_in_its_order() -> None:
    """Guidelines 5.7: ECDHE before DHE, GCM before ChaCha20, TLS 1.2 and 1.3."""
    checked = check_policy(PRESETS["mozilla-intermediate"])
    kinds = [name.partition("-")[0] for name in checked.ordered]
    assert kinds == ["ECDHE"] * 6 + ["DHE"] * 3
    assert checked.weak_exchange == checked.ordered[6:]
    assert PRESETS["mozilla-intermediate"].minimum == "1.2"


def test_mozillas_modern_list_is_tls_1_3_alone() -> None:
    """No suite of an older version is offered, and the order is OpenSSL's all the same."""
    checked = check_policy(PRESETS["mozilla-modern"])
    assert checked.ordered == ()
    assert set(checked.fixed) == set(checked.without_effect)


def test_suites_of_tls_1_3_are_shown_as_fixed() -> None:
    """Whatever a list says of them, OpenSSL offers the same ones in the same order."""
    turned = "TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES256-GCM-SHA384"
    plain = check_ciphers("ECDHE-RSA-AES256-GCM-SHA384")
    assert check_ciphers(turned).fixed == plain.fixed != ()
    assert plain.ordered == ("ECDHE-RSA-AES256-GCM-SHA384",)
    assert check_ciphers("ECDHE-RSA-AES256-GCM-SHA384", maximum="1.2").fixed == ()


def test_the_level_is_never_under_two() -> None:
    """It is told, and a list may raise it."""
    assert check_policy(DEFAULT_POLICY).level == 2
    assert check_ciphers("ECDHE-RSA-AES256-GCM-SHA384:@SECLEVEL=3").level == 3


def test_dhe_suites_are_pointed_out() -> None:
    """A list with DHE names them, so that the page can warn."""
    assert "DHE-RSA-AES128-GCM-SHA256" in check_policy(PRESETS["with-dhe"]).weak_exchange


@pytest.mark.parametrize(
    ("listed", "unknown"),
    [
        ("NOPE:ECDHE-RSA-AES128-GCM-SHA256", ("NOPE",)),
        ("ecdhe-rsa-aes128-gcm-sha256:HIGH", ("ecdhe-rsa-aes128-gcm-sha256",)),
        ("HIGH:!NOPE", ("!NOPE",)),
        ("HIGH:ECDHE+NOPE:@SECLEVEL=9", ("ECDHE+NOPE", "@SECLEVEL=9")),
        ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",)),
        ("HIGH:\x00", ("\x00",)),
        ("HIGH:é", ("é",)),
    ],
)
def test_unknown_names_are_refused_by_name(listed: str, unknown: tuple[str, ...]) -> None:
    """OpenSSL would drop them; here each is named."""
    with pytest.raises(UnknownCiphers) as refusal:
        check_ciphers(listed)
    assert refusal.value.names == unknown
    assert "\x00" not in str(refusal.value)


@pytest.mark.parametrize("listed", ["", "  ", "::", "HIGH:@SECLEVEL=0", "@SECLEVEL=1:HIGH"])
def test_empty_lists_and_lower_levels_are_refused(listed: str) -> None:
    """Nothing to offer, or a lowered security level, is no policy."""
    with pytest.raises(RefusedCiphers):
        check_ciphers(listed)


@pytest.mark.parametrize("versions", [("1.1", None), ("1.3", "1.2"), ("1.2", "2.0"), ("", None)])
def test_versions_must_be_known_and_in_order(versions: tuple[str, str | None]) -> None:
    """Withdrawn versions and ranges without a version are refused."""
    with pytest.raises(RefusedCiphers):
        check_ciphers("HIGH", *versions)


def test_excluding_what_openssl_lacks_is_no_mistake() -> None:
    """Common exclusions pass although this OpenSSL has no such suites."""
    assert check_ciphers("HIGH:!aNULL:!RC4:!SEED:!MD5:!3DES:-IDEA:@STRENGTH").offered


def test_anonymous_suites_are_not_counted_as_offered() -> None:
    """What OpenSSL lists but leaves out of the ClientHello is not shown as offered."""
    assert not [name for name in check_ciphers("HIGH").offered if name.startswith("ADH")]


def test_a_list_of_tls13_names_means_tls13_alone() -> None:
    """Naming only TLS 1.3 suites offers nothing older."""
    assert set(check_ciphers("TLS_AES_128_GCM_SHA256").offered) <= set(TLS13_SUITES)
    with pytest.raises(RefusedCiphers):
        check_ciphers("TLS_AES_128_GCM_SHA256", maximum="1.2")


def test_versions_limit_what_is_offered() -> None:
    """At most 1.2 offers no TLS 1.3 suite, at least 1.3 nothing else."""
    assert not set(check_ciphers("HIGH", maximum="1.2").offered) & set(TLS13_SUITES)
    assert set(check_ciphers("HIGH", minimum="1.3").offered) <= set(TLS13_SUITES)


def test_a_stored_list_cannot_lower_the_level() -> None:
    """Even a policy that escaped the check gets security level 2."""
    for listed in ("HIGH:@SECLEVEL=0", "@SECLEVEL=1:HIGH", "HIGH"):
        assert client_context([], CipherPolicy(listed)).security_level == 2
    assert client_context([], CipherPolicy("HIGH:@SECLEVEL=3")).security_level == 3
