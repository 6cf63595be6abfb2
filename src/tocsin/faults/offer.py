"""What Tocsin can change for each fault, and where a person has it done."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.faults import place
from tocsin.faults.fault import Offer

_ANCHOR = (
    Offer("add-anchor", "Trust > Collect from the relay"),
    Offer("add-anchor", "tocsin trust add FILE"),
)
_MODE = (Offer("change-mode", place.SMTP),)
_SERVER = (Offer("change-server", place.SMTP),)
_SENDER = (Offer("set-sender", place.SMTP),)
_SIGN_IN = (Offer("set-sign-in", place.SMTP),)
_NOW = (Offer("try-now", "Deliveries > How each relay does"), Offer("try-now", "tocsin relay try"))
_CIPHERS = (
    Offer("drop-dhe", "Trust > Cipher policy"),
    Offer("drop-dhe", "tocsin ciphers preset tocsin"),
)
_RATE = (Offer("lower-rate", place.SMTP),)

OFFERS: Mapping[str, tuple[Offer, ...]] = {
    "dns.not-found": _SERVER,
    "dns.timeout": _NOW,
    "tcp.refused": _MODE + _NOW,
    "tcp.timeout": _MODE + _NOW,
    "tcp.unreachable": _NOW,
    "smtp.banner-timeout": _MODE,
    "smtp.not-smtp": _SERVER + _MODE,
    "smtp.masked-by-firewall": _MODE,
    "smtp.starttls-missing": _MODE,
    "smtp.starttls-required": _MODE,
    "smtp.starttls-injection": _MODE,
    "smtp.sender-refused": _SENDER,
    "tls.wrong-mode": _MODE,
    "tls.untrusted-issuer": _ANCHOR,
    "tls.incomplete-chain": _ANCHOR,
    "tls.self-signed": _ANCHOR,
    "tls.intercepted": _ANCHOR,
    "tls.name-mismatch": _SERVER,
    "tls.dh-too-small": _CIPHERS,
    "auth.no-mechanism": _SIGN_IN,
    "auth.relay-unproven": _SIGN_IN,
    "auth.secret-not-smtp-password": (
        Offer("derive-password", place.SMTP),
        Offer("derive-password", "tocsin ses password --region REGION"),
    ),
    "auth.wrong-region": (Offer("derive-password", place.SMTP), *_SERVER),
    "auth.password-damaged": (Offer("trim-password", place.SMTP),),
    "ses.identity-not-verified": _SENDER,
    "ses.sandbox-recipient": (Offer("await-production", "Deliveries"),),
    "ses.rate-exceeded": _RATE,
    "ses.wrong-host": _SERVER,
    "ses.region-without-smtp": _SERVER,
}
