"""A trust anchor: a certificate that the operator said to trust, under a name of theirs."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.base.clock import Instant, rfc3339
from tocsin.trust.certificate import Certificate
from tocsin.trust.published import is_impostor

SMALLEST_KEY = {"RSA": 2048, "DSA": 2048, "EC": 224}
"""Bits that OpenSSL's security level 2 demands of a key (SSL_CTX_set_security_level(3))."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """One entry of the trust store. It is trusted as it is: nothing above it is looked at.

    `system` marks a root of the operating system, trusted only where that was asked for.
    """

    name: str
    certificate: Certificate
    system: bool = False


def check_anchor(certificate: Certificate, now: Instant) -> list[str]:
    """Why the certificate verifies nothing, each in a sentence; empty when it can."""
    return [*_out_of_time(certificate, now), *_too_weak(certificate)]


def check_new_anchor(
    certificate: Certificate, now: Instant, *, knowingly: bool = False
) -> list[str]:
    """Why the certificate is not put into the trust store, each in a sentence.

    `knowingly`: somebody said to trust it although it is out of time or no authority. A key
    that no connection would be accepted with is refused all the same.
    """
    weak = _too_weak(certificate)
    if knowingly:
        return weak
    return [*_out_of_time(certificate, now), *weak, *_no_authority(certificate)]


def warn_of(certificate: Certificate) -> list[str]:
    """What somebody must know who trusts it, each in a sentence. It is trusted all the same."""
    if not is_impostor(certificate):
        return []
    words = (
        f"It bears the name of the published root {certificate.common_name}, but its key is "
        "another one: it is not what it says it is."
    )
    return [words]


def describe_use(certificate: Certificate) -> str:
    """What trusting this certificate means, for the person who adds it."""
    if not certificate.is_ca:
        return (
            "Server certificate: trusts this one server, and only until it renews its "
            "certificate. The root above it lasts longer."
        )
    if certificate.self_signed:
        return "Root: trusts every certificate issued under it."
    return (
        f"Intermediate or cross-signed certificate: trusts everything issued under it, "
        f"whatever becomes of its own issuer ({certificate.issuer})."
    )


def _out_of_time(certificate: Certificate, now: Instant) -> list[str]:
    problems = []
    if certificate.not_after < now:
        problems.append(f"The certificate expired on {_day(certificate.not_after)}.")
    if certificate.not_before > now:
        problems.append(
            f"The certificate is not valid before {_day(certificate.not_before)}; "
            "is the clock of this machine right?"
        )
    return problems


def _too_weak(certificate: Certificate) -> list[str]:
    kind = certificate.key.split(" ")[0]
    if not 0 < certificate.key_bits < SMALLEST_KEY.get(kind, 0):
        return []
    words = (
        f"Its key ({certificate.key}) is too weak: at least {SMALLEST_KEY[kind]} bits are "
        "asked for, and no connection would be accepted with it."
    )
    return [words]


def _no_authority(certificate: Certificate) -> list[str]:
    if certificate.is_ca:
        return []
    words = (
        "It is the certificate of a server and not of an authority: trust in it ends with its "
        "next renewal, so it is added only knowingly."
    )
    return [words]


def _day(instant: Instant) -> str:
    return rfc3339(instant)[:10]
