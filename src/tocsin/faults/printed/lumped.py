"""Faults of a certificate chain that programs lump together."""

from __future__ import annotations

NO_PATH = ("tls.incomplete-chain", "tls.intercepted")
"""OpenSSL's 20 (unable to get local issuer certificate) and its like."""
NO_PATH_AT_ALL = ("tls.incomplete-chain", "tls.self-signed", "tls.intercepted")
"""Java's and Go's one word for OpenSSL's 18 to 21."""
ROOT_SENT = ("tls.intercepted",)
"""OpenSSL's 19: the chain came with its root, and that is not ours."""
WHATEVER = (
    *NO_PATH_AT_ALL,
    "tls.expired",
    "tls.not-yet-valid",
    "tls.name-mismatch",
    "tls.weak-key",
    "tls.weak-signature",
    "tls.revoked",
    "tls.wrong-purpose",
    "tls.invalid-chain",
)
"""A program that says only that the certificate did not verify."""
ALERT = ("tls.client-certificate-required", "tls.version-too-old")
"""The alert handshake_failure (RFC 8446 section 6.2)."""
HANDSHAKE = (
    "tls.no-shared-cipher",
    "tls.version-too-old",
    "tls.dh-too-small",
    "tls.wrong-mode",
    "tls.client-certificate-required",
    "tls.untrusted-issuer",
    *WHATEVER,
)
"""A program that says only that the handshake failed."""
