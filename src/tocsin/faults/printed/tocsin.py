"""Tocsin's own log: each line of a failure carries its code."""

from __future__ import annotations

from tocsin.faults.printed.said import of

_say = of("Tocsin", anywhere=False)

CODES = [
    "dns.not-found",
    "dns.timeout",
    "tcp.refused",
    "tcp.timeout",
    "tcp.unreachable",
    "smtp.not-configured",
    "smtp.not-smtp",
    "smtp.banner-timeout",
    "smtp.greeting-refused",
    "smtp.masked-by-firewall",
    "smtp.closed-early",
    "smtp.timeout",
    "smtp.starttls-missing",
    "smtp.starttls-injection",
    "smtp.outcome-unknown",
    "smtp.no-recipients",
    "tls.wrong-mode",
    "tls.untrusted-issuer",
    "tls.incomplete-chain",
    "tls.self-signed",
    "tls.expired",
    "tls.not-yet-valid",
    "tls.name-mismatch",
    "tls.dh-too-small",
    "tls.no-shared-cipher",
    "tls.version-too-old",
    "tls.weak-key",
    "tls.weak-signature",
    "tls.revoked",
    "tls.wrong-purpose",
    "tls.invalid-chain",
    "tls.intercepted",
    "tls.client-certificate-required",
    "tls.handshake-dropped",
    "tls.chain-changed",
    "tls.expiring",
    "auth.not-offered",
    "auth.no-mechanism",
    "auth.relay-unproven",
    "auth.rejected",
    "auth.required",
]
"""What the client itself finds out, beside what a relay replies."""

PRINTED = tuple(
    _say(
        code,
        "",
        f'{{"event":"attempt","ok":false,"state":"retrying","code":"{code}","reply":null}}',
    )
    for code in CODES
)
