"""GnuTLS: gnutls-cli, and what Exim and msmtp built with it repeat."""

from __future__ import annotations

from tocsin.faults.printed.lumped import ALERT, NO_PATH_AT_ALL, WHATEVER
from tocsin.faults.printed.said import of

_say = of("GnuTLS")

PRINTED = (
    _say(
        "tls.untrusted-issuer",
        "The certificate issuer is unknown",
        "- Status: The certificate is NOT trusted. The certificate issuer is unknown.",
        *NO_PATH_AT_ALL,
    ),
    _say(
        "tls.untrusted-issuer",
        "The certificate is NOT trusted",
        "- Status: The certificate is NOT trusted.",
        *WHATEVER,
        vague=True,
    ),
    _say(
        "tls.untrusted-issuer",
        "Error in the certificate verification",
        "*** Fatal error: Error in the certificate.\nError in the certificate verification.",
        *WHATEVER,
        vague=True,
    ),
    _say(
        "tls.untrusted-issuer",
        "PKI verification of server certificate failed",
        "*** PKI verification of server certificate failed...",
        *WHATEVER,
        vague=True,
    ),
    _say(
        "tls.untrusted-issuer",
        "Error in the certificate.",
        "*** Fatal error: Error in the certificate.",
        *WHATEVER,
        vague=True,
    ),
    _say("tls.expired", "The certificate chain uses expired certificate"),
    _say("tls.not-yet-valid", "The certificate chain uses not yet valid certificate"),
    _say(
        "tls.name-mismatch",
        "The name in the certificate does not match the expected",
        "- Status: The certificate is NOT trusted. The name in the certificate does not match "
        "the expected.",
    ),
    _say(
        "tls.name-mismatch",
        "The certificate's owner does not match hostname '{host}'",
        "*** The certificate's owner does not match hostname 'mail.example.com'",
    ),
    _say("tls.weak-signature", "The certificate chain uses insecure algorithm", "", "tls.weak-key"),
    _say("tls.revoked", "The certificate chain is revoked"),
    _say("tls.wrong-purpose", "The certificate chain does not match the intended purpose"),
    _say("tls.invalid-chain", "The certificate issuer is not a CA"),
    _say("tls.invalid-chain", "The signature in the certificate is invalid"),
    _say(
        "tls.dh-too-small",
        "The Diffie-Hellman prime sent by the server is not acceptable",
        "*** Fatal error: The Diffie-Hellman prime sent by the server is not acceptable (not "
        "long enough).",
    ),
    _say(
        "tls.wrong-mode",
        "An unexpected TLS packet was received",
        "*** Fatal error: An unexpected TLS packet was received.",
    ),
    _say(
        "tls.wrong-mode",
        "A packet with illegal or unsupported version was received",
        "*** Fatal error: A packet with illegal or unsupported version was received.",
        "tls.version-too-old",
    ),
    _say(
        "tls.no-shared-cipher",
        "alert [40]: Handshake failed",
        "*** Received alert [40]: Handshake failed",
        *ALERT,
    ),
    _say("tls.no-shared-cipher", "No supported cipher suites have been found"),
    _say("tls.no-shared-cipher", "Could not negotiate a supported cipher suite"),
    _say(
        "tls.version-too-old",
        "alert [70]: Error in protocol version",
        "*** Received alert [70]: Error in protocol version",
    ),
    _say(
        "tls.client-certificate-required",
        "alert [116]: Certificate is required",
        "*** Received alert [116]: Certificate is required",
    ),
    _say(
        "tls.client-certificate-required",
        "alert [42]: Certificate is bad",
        "*** Received alert [42]: Certificate is bad",
    ),
    _say(
        "tls.handshake-dropped",
        "The TLS connection was non-properly terminated",
        "*** Fatal error: The TLS connection was non-properly terminated.",
        "smtp.closed-early",
    ),
    _say(
        "dns.not-found",
        "Cannot resolve {host}:{port}",
        "Cannot resolve email-smtp.example.invalid:587: Name or service not known",
    ),
    _say("tls.invalid-chain", "The certificate chain violates the signer's constraints"),
    _say(
        "tls.client-certificate-required",
        "A TLS fatal alert has been received: Certificate is required",
    ),
    _say(
        "tls.no-shared-cipher", "A TLS fatal alert has been received: Handshake failed", "", *ALERT
    ),
    _say("tls.version-too-old", "A TLS fatal alert has been received: Error in protocol version"),
    _say(
        "smtp.closed-early",
        "Error in the pull function",
        "*** Fatal error: Error in the pull function.",
        "tls.handshake-dropped",
        vague=True,
    ),
    _say(
        "smtp.closed-early",
        "*** Server has terminated the connection abnormally",
        "",
        "smtp.outcome-unknown",
        vague=True,
    ),
    _say("smtp.banner-timeout", "error receiving '220 ': Timeout", ""),
    _say(
        "tls.wrong-mode",
        "Received record packet of unknown type",
        "|<1>| Received record packet of unknown type 53",
    ),
)
