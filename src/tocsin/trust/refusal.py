"""What an OpenSSL error of a handshake means, as a fault code with the facts seen."""

from __future__ import annotations

import ssl
from collections.abc import Sequence

from tocsin.base.clock import now
from tocsin.faults.fault import Finding
from tocsin.trust.anchor import SMALLEST_KEY, Anchor
from tocsin.trust.facts import TlsFacts
from tocsin.trust.name import printable
from tocsin.trust.verdict import judge
from tocsin.trust.wire import ServerFlight, WireError, looks_like_tls, read_flight

# `ssl.SSLError.reason`: the names of OpenSSL's reason codes (openssl/sslerr.h).
# Alerts of the peer have "ALERT_" in theirs and are looked up by what follows it.
_REASONS = {
    "DH_KEY_TOO_SMALL": "tls.dh-too-small",
    "BAD_DH_VALUE": "tls.dh-too-small",
    "UNSUPPORTED_PROTOCOL": "tls.version-too-old",
    "WRONG_SSL_VERSION": "tls.version-too-old",
    "VERSION_TOO_LOW": "tls.version-too-old",
    "NO_PROTOCOLS_AVAILABLE": "tls.version-too-old",
    "INAPPROPRIATE_FALLBACK": "tls.version-too-old",
    "UNSAFE_LEGACY_RENEGOTIATION_DISABLED": "tls.version-too-old",
    "PROTOCOL_VERSION": "tls.version-too-old",
    "HANDSHAKE_FAILURE": "tls.no-shared-cipher",
    "INSUFFICIENT_SECURITY": "tls.no-shared-cipher",
    "NO_CIPHERS_AVAILABLE": "tls.no-shared-cipher",
    "WRONG_CIPHER_RETURNED": "tls.no-shared-cipher",
    "UNKNOWN_CIPHER_RETURNED": "tls.no-shared-cipher",
    "WRONG_CURVE": "tls.no-shared-cipher",
    "BAD_ECPOINT": "tls.no-shared-cipher",
    "UNSUPPORTED_ELLIPTIC_CURVE": "tls.no-shared-cipher",
    "WRONG_SIGNATURE_TYPE": "tls.weak-signature",
    "LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED": "tls.weak-signature",
    "NO_SUITABLE_SIGNATURE_ALGORITHM": "tls.weak-signature",
    "EE_KEY_TOO_SMALL": "tls.weak-key",
    "CA_KEY_TOO_SMALL": "tls.weak-key",
    "CA_MD_TOO_WEAK": "tls.weak-signature",
    "CERTIFICATE_REQUIRED": "tls.client-certificate-required",
    "TLSV1_UNRECOGNIZED_NAME": "tls.name-mismatch",
    "BAD_ECC_CERT": "tls.invalid-chain",
}
# Alerts that a server sends over the certificate that a client did not show.
_CERTIFICATE_ALERTS = frozenset(
    {"HANDSHAKE_FAILURE", "BAD_CERTIFICATE", "CERTIFICATE_UNKNOWN", "UNKNOWN_CA", "ACCESS_DENIED"}
)
_MOST_SHOWN = 80


def explain_refusal(
    error: ssl.SSLError,
    *,
    seen: bytes,
    facts: TlsFacts,
    context: ssl.SSLContext,
    anchors: Sequence[Anchor],
    host: str,
    established: bool,
) -> Finding:
    """The finding for an error that OpenSSL raised, by what stood on the wire."""
    if isinstance(error, ssl.SSLCertVerificationError):
        verdict = judge(
            facts.chain,
            anchors,
            host,
            now(),
            refused=error.verify_code,
            reason=printable(error.verify_message),
        )
        if verdict.finding is not None:
            return verdict.finding
    if not established and seen and not looks_like_tls(seen):
        return not_tls(seen, host)
    flight = _flight(seen)
    reason = (error.reason or "").rpartition("ALERT_")[2]
    code = _REASONS.get(reason, "tls.handshake-dropped")
    if flight.wants_client_certificate and reason in _CERTIFICATE_ALERTS:
        code = "tls.client-certificate-required"
    common = {"host": host, "reason": _words(error), "stage": _stage(established=established)}
    return Finding(code, {**common, **_particulars(code, facts, context)})


def not_tls(seen: bytes, host: str) -> Finding:
    """The finding when something that is no TLS came where TLS should begin."""
    shown = seen[:_MOST_SHOWN].decode("ascii", "backslashreplace").strip()
    return Finding(
        "tls.wrong-mode", {"host": host, "received": printable(shown), "expected": "TLS"}
    )


def _particulars(code: str, facts: TlsFacts, context: ssl.SSLContext) -> dict[str, str]:
    """The facts that this code is explained with, where they were seen."""
    found: dict[str, str] = {}
    if facts.version:
        found["version"] = facts.version
    if facts.cipher:
        found["cipher"] = facts.cipher
    if code == "tls.dh-too-small":
        found["limit"] = str(SMALLEST_KEY["RSA"])
        if facts.temp_key_bits:
            found["bits"] = str(facts.temp_key_bits)
    elif code == "tls.no-shared-cipher":
        found["offered"] = ", ".join(one["name"] for one in context.get_ciphers()[:40])
    elif code == "tls.version-too-old":
        found["minimum"] = context.minimum_version.name.replace("_", ".")
    elif code == "tls.name-mismatch":
        found["names"] = "none: the relay refused the name"
    return found


def _flight(seen: bytes) -> ServerFlight:
    try:
        return read_flight(seen)
    except WireError:
        return ServerFlight()


def _stage(*, established: bool) -> str:
    return "session" if established else "handshake"


def _words(error: ssl.SSLError) -> str:
    """OpenSSL's words, without the file and line of Python's source."""
    if isinstance(error, ssl.SSLEOFError):
        return "the connection was closed in the middle"
    if error.reason:
        return printable(error.reason.replace("_", " ").lower())
    return printable(str(error))
