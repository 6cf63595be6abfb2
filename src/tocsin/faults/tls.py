"""Faults of encryption and certificates."""

from __future__ import annotations

from tocsin.faults import place
from tocsin.faults.fault import Fault, Retry, Scope, Seriousness

_HOST = {"host": "the relay", "port": "that is configured"}


def _tls(
    code: str,
    title: str,
    cause: str,
    *fix: str,
    severity: Seriousness = Seriousness.ERROR,
    retry: Retry = Retry.FINAL,
    **defaults: str,
) -> Fault:
    """Every fault of the handshake concerns the relay as a whole: no mail went out."""
    return Fault(code, title, cause, fix, severity, retry, Scope.RELAY, {**_HOST, **defaults})


FAULTS = (
    _tls(
        "tls.wrong-mode",
        "Encryption starts at another moment than the relay expects",
        "{host} does not start TLS on the port {port} at the moment that Encryption Type says.",
        "Set Encryption Type to SMTPS for ports 465 and 2465, to STARTTLS for 25, 587 and 2587.",
    ),
    _tls(
        "tls.untrusted-issuer",
        "The relay's certificate is not trusted",
        "The chain that {host} presents ends at {issuer}, which is not in the trust store; "
        "no password and no mail was sent.",
        "Collect the chain: tocsin certs collect {host}:{port}, or Trust > Collect from the relay.",
        "Compare the fingerprint of {issuer} with its publisher's, then add it in "
        f"{place.TRUST_STORE}.",
        issuer="an issuer that it does not send along",
        port="PORT",
    ),
    _tls(
        "tls.incomplete-chain",
        "The relay leaves a certificate out",
        "{host} does not send the certificate of {issuer}, which links its own certificate to one "
        "that is trusted.",
        "Ask the relay's operator to send the whole chain.",
        f"Until then, add the certificate of {{issuer}} in {place.TRUST_STORE}.",
        issuer="the issuer of its certificate",
    ),
    _tls(
        "tls.self-signed",
        "The relay signs its certificate itself",
        "{host} presents a certificate that it issued to itself, and it is not in the trust store.",
        "If this is your own relay, compare the fingerprint there and add the certificate in "
        f"{place.TRUST_STORE}.",
        "If it is a public one, something else answers in its place.",
    ),
    _tls(
        "tls.expired",
        "A certificate of the relay has expired",
        "The certificate of {subject} expired on {expires}.",
        "Check the clock of this machine: {now}.",
        "If it is right, the relay's operator must renew the certificate; if an old root expired, "
        f"add the new one in {place.TRUST_STORE}.",
        subject="the relay",
        expires="a day that has passed",
        now="date",
    ),
    _tls(
        "tls.not-yet-valid",
        "A certificate of the relay is not valid yet",
        "The certificate of {subject} is valid only from {not_before}.",
        "Check the clock of this machine: most often it runs late.",
        subject="the relay",
        not_before="a day to come",
    ),
    _tls(
        "tls.name-mismatch",
        "The certificate is for another name",
        "The certificate is valid for {names}, not for {host}.",
        "Set SMTP Server to one of the names in the certificate; an IP address or a name of your "
        "own for the relay does not verify.",
        names="other names",
    ),
    _tls(
        "tls.dh-too-small",
        "The relay's Diffie-Hellman key is too small",
        "{host} offers a temporary Diffie-Hellman key of {bits} bits; 2048 is the least that is "
        "accepted.",
        "Leave DHE and EDH out of the cipher policy (the default does), so that the relay uses "
        "ECDHE: ciphers: {{preset: tocsin}} in the configuration.",
        "Never lower the security level instead.",
        bits="too few",
    ),
    _tls(
        "tls.no-shared-cipher",
        "No cipher suits both sides",
        "{host} accepts none of the ciphers that the policy offers.",
        "Choose a wider preset in the cipher policy, or ask the relay's operator for ECDHE with "
        "AES-GCM.",
    ),
    _tls(
        "tls.version-too-old",
        "The two sides share no TLS version",
        "{host} and the policy have no TLS version in common; TLS 1.2 is the least that is "
        "accepted.",
        "If the relay knows only TLS 1.0 or 1.1, its operator must update it.",
        "If the policy's minimum is 1.3, lower it to 1.2.",
    ),
    _tls(
        "tls.weak-key",
        "A key in the relay's chain is too weak",
        "The key of {subject} is {key}; RSA keys need 2048 bits at least.",
        "The relay's operator must have the certificate issued for a stronger key.",
        subject="a certificate",
        key="too short",
    ),
    _tls(
        "tls.weak-signature",
        "A certificate of the relay is signed with a broken method",
        "The certificate of {subject} is signed with {signature}, which can be forged.",
        "The relay's operator must have the certificate issued anew with SHA-256.",
        subject="the relay",
        signature="an outdated method",
    ),
    _tls(
        "tls.revoked",
        "The relay's certificate was revoked",
        "Its issuer says that the certificate of {subject} was revoked.",
        "The relay's operator must replace it; do not send through this relay meanwhile.",
        subject="the relay",
    ),
    _tls(
        "tls.wrong-purpose",
        "The relay's certificate is not for servers",
        "The certificate of {subject} may not be used by a TLS server.",
        "The relay's operator must have one issued with the purpose serverAuth.",
        subject="the relay",
    ),
    _tls(
        "tls.invalid-chain",
        "The relay's chain breaks the rules",
        "The chain that {host} presents does not hold together: {problem}.",
        "Ask the relay's operator to have the certificates issued anew.",
        problem="a certificate in it may not do what it does",
    ),
    _tls(
        "tls.intercepted",
        "Something in between opens the encryption",
        "The certificate for {host} was issued by {issuer}: not who issues for this relay, but "
        "rather a device that inspects traffic.",
        "Exempt the relay from TLS inspection.",
        f"Or, knowingly, add the device's issuer in {place.TRUST_STORE}: it can then read all "
        "alarm mail.",
        issuer="somebody else",
    ),
    _tls(
        "tls.client-certificate-required",
        "The relay wants a certificate of ours",
        "{host} demands a client certificate, which Tocsin does not send.",
        "Use another port or account of the relay that signs in with a password.",
    ),
    _tls(
        "tls.handshake-dropped",
        "The connection ends during the handshake",
        "{host}, or something in between, ended the connection while encryption was agreed on.",
        "The relay is tried again by itself.",
        "If it lasts, a filter on the way reacts to the handshake: look at firewalls and proxies.",
        retry=Retry.TRANSIENT,
    ),
    _tls(
        "tls.chain-changed",
        "The relay's chain has changed",
        "{host} presents another chain than before.",
        "Nothing while it verifies: issuers change their chains. Trust a root rather than a leaf.",
        severity=Seriousness.NOTE,
    ),
    _tls(
        "tls.expiring",
        "A certificate expires soon",
        "The certificate of {subject} expires on {expires}.",
        f"If it is an anchor, add its successor in {place.TRUST_STORE}; if it is the relay's, its "
        "operator must renew it.",
        severity=Seriousness.WARNING,
        subject="the relay",
        expires="a day soon",
    ),
)
