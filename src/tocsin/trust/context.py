"""The one maker of TLS contexts. No other module may create one; a test looks.

The flags are set here one by one, so that behaviour does not change with the
interpreter: Python 3.13 turned VERIFY_X509_PARTIAL_CHAIN and VERIFY_X509_STRICT on in
`ssl.create_default_context`, and that function also reads SSLKEYLOGFILE.
"""

from __future__ import annotations

import os
import re
import ssl
import warnings
from collections.abc import Sequence

from tocsin.trust.anchor import Anchor
from tocsin.trust.policy import (
    DEFAULT_POLICY,
    TLS13_SUITES,
    CipherPolicy,
    RefusedCiphers,
    entries_of,
    security_level,
)
from tocsin.trust.wire import read_offered_suites

_VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
_OLD_VERSIONS = ssl.OP_NO_TLSv1 | ssl.OP_NO_TLSv1_1


def client_context(
    anchors: Sequence[Anchor], policy: CipherPolicy = DEFAULT_POLICY
) -> ssl.SSLContext:
    """The strict context that mails are sent with.

    It trusts the given anchors and nothing else; without anchors it trusts nothing.
    Each anchor ends a chain, be it a root, an intermediate or the server's own
    certificate (VERIFY_X509_PARTIAL_CHAIN; RFC 5280 section 6.1.1 d leaves the choice of
    anchors to the user). The name must stand in the subjectAltName (RFC 9525 section 2);
    TLS 1.2 at least; security level 2 (112 bits).

    Raises:
        RefusedCiphers: the policy leaves nothing to offer.
    """
    context = _checking_context(policy)
    if anchors:
        context.load_verify_locations(cadata="".join(one.certificate.pem for one in anchors))
    return context


def system_context(policy: CipherPolicy = DEFAULT_POLICY) -> ssl.SSLContext:
    """The same, trusting this machine's own public roots: for comparison, never for mail."""
    context = _checking_context(policy)
    context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    return context


def looking_context() -> ssl.SSLContext:
    """A context that accepts anything, to see what a relay has. NOTHING SECRET MAY PASS IT.

    No certificate is checked; old versions and weak parameters are let through
    (security level 0), so that they can be named. What looks through it says nothing but EHLO.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:COMPLEMENTOFALL:!aNULL:!eNULL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.options &= ~_OLD_VERSIONS
    return context


def server_context(
    cert_chain_path: str | os.PathLike[str], key_path: str | os.PathLike[str]
) -> ssl.SSLContext:
    """A context to serve with: TLS 1.2 at least, the default cipher policy.

    Raises:
        OSError: a file cannot be read (`ssl.SSLError` when it holds something else, or
            when key and certificate do not belong together).
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _apply_policy(context, DEFAULT_POLICY)
    context.load_cert_chain(cert_chain_path, key_path)
    return context


def misbehaving_server_context(
    cert_chain_path: str | os.PathLike[str],
    key_path: str | os.PathLike[str],
    *,
    ciphers: str | None = None,
    minimum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
    maximum: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
    dh_params: str | os.PathLike[str] | None = None,
    client_roots: str | None = None,
) -> ssl.SSLContext:
    """A server's context as weak as asked for, for rehearsals and tests. NEVER FOR SERVICE.

    `ciphers` is taken as it is, ``@SECLEVEL=0`` included; `dh_params` names a file of
    Diffie-Hellman parameters, which may be weaker than any client should accept;
    `client_roots` (PEM) makes the server demand a client certificate. The client's order
    of suites decides, so that a client that prefers DHE meets it.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # The list comes first: at a higher level weak certificates and parameters do not load.
    context.set_ciphers(ciphers or DEFAULT_POLICY.ciphers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # old versions are wanted here
        context.options &= ~(_OLD_VERSIONS | ssl.OP_CIPHER_SERVER_PREFERENCE)
        context.minimum_version = minimum
        context.maximum_version = maximum
    context.load_cert_chain(cert_chain_path, key_path)
    if dh_params is not None:
        context.load_dh_params(os.fspath(dh_params))
    if client_roots is not None:
        context.load_verify_locations(cadata=client_roots)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def knows_cipher(name: str) -> bool:
    """Whether OpenSSL knows the name of a suite, or of a set that is not empty."""
    if not re.fullmatch(r"[A-Za-z0-9_+-]+", name):
        return False
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).set_ciphers(name)
    except ssl.SSLError:
        return False
    return True


def offered_ciphers(policy: CipherPolicy) -> tuple[str, ...]:
    """The suites that a ClientHello under this policy offers, read off a real one.

    `SSLContext.get_ciphers` would also name suites that OpenSSL then leaves out.

    Raises:
        RefusedCiphers: it leaves nothing to offer.
    """
    context = _checking_context(policy)
    outgoing = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="example.com")
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        known = suite_names(context)
        suites = read_offered_suites(outgoing.read())
        return tuple(known[suite] for suite in suites if suite in known)
    except ssl.SSLError as error:
        raise RefusedCiphers("The cipher list leaves no suite to offer.") from error
    raise AssertionError("a handshake that needs no answer")


def suite_names(context: ssl.SSLContext) -> dict[int, str]:
    """The names of the context's suites by their number on the wire (RFC 8446 B.4)."""
    return {one["id"] & 0xFFFF: one["name"] for one in context.get_ciphers()}


def _checking_context(policy: CipherPolicy) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED
    context.check_hostname = True
    context.hostname_checks_common_name = False
    context.verify_flags = ssl.VERIFY_X509_TRUSTED_FIRST | ssl.VERIFY_X509_PARTIAL_CHAIN
    context.options |= ssl.OP_NO_RENEGOTIATION
    _apply_policy(context, policy)
    return context


def _apply_policy(context: ssl.SSLContext, policy: CipherPolicy) -> None:
    # Names of TLS 1.3 suites are no error here; `policy.check_ciphers` tells of them.
    entries = [entry for entry in entries_of(policy.ciphers) if entry not in TLS13_SUITES]
    context.minimum_version = _VERSIONS[policy.minimum]
    if policy.maximum is not None:
        context.maximum_version = _VERSIONS[policy.maximum]
    if not entries:
        # A list of TLS 1.3 names alone says that nothing older is wanted.
        if policy.maximum == "1.2":
            raise RefusedCiphers("The cipher list names no suite of TLS 1.2.")
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        return
    try:
        # The last level in a list counts: no stored list may lower it.
        context.set_ciphers(":".join((*entries, f"@SECLEVEL={security_level(entries)}")))
    except ssl.SSLError as error:
        raise RefusedCiphers("The cipher list leaves no suite to offer.") from error
