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
    """One entry of the trust store. It is trusted as it is: nothing above it is looked at."""

    name: str
    certificate: Certificate


def check_anchor(certificate: Certificate, now: Instant) -> list[str]:
    """Why the certificate cannot serve as an anchor, each in a sentence; empty when it can."""
    problems = []
    if certificate.not_after < now:
        problems.append(f"The certificate expired on {_day(certificate.not_after)}.")
    if certificate.not_before > now:
        problems.append(
            f"The certificate is not valid before {_day(certificate.not_before)}; "
            "is the clock of this machine right?"
        )
    kind = certificate.key.split(" ")[0]
    if 0 < certificate.key_bits < SMALLEST_KEY.get(kind, 0):
        problems.append(
            f"Its key ({certificate.key}) is too weak: at least {SMALLEST_KEY[kind]} bits are "
            "asked for, and no connection would be accepted with it."
        )
    if is_impostor(certificate):
        problems.append(
            f"It bears the name of the published root {certificate.common_name}, but its key is "
            "another one: it is not what it says it is."
        )
    return problems


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


def _day(instant: Instant) -> str:
    return rfc3339(instant)[:10]
