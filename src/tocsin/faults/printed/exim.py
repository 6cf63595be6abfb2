"""Exim, built with GnuTLS or OpenSSL."""

from __future__ import annotations

from tocsin.faults.printed.lumped import ALERT, HANDSHAKE, WHATEVER
from tocsin.faults.printed.said import of

_say = of("Exim", anywhere=False)
_OP = "1tXyZa-000001-AB == op@example.net R=smarthost T=remote_smtp_smarthost defer "
_H = "1tXyZa-000001-AB H=mail.example.com [192.0.2.25]"
_BAD = "1tXyZa-000001-AB ** op@example.net R=smarthost T=remote_smtp_smarthost "

PRINTED = (
    _say(
        "tcp.refused",
        "H={host} [{address}] Connection refused",
        "1tXyZa-000001-AB H=mail.example.com [192.0.2.25] Connection refused",
    ),
    _say(
        "tcp.refused",
        "H={host} [{address}]:{port} Connection refused",
        "1tXyZa-000001-AB H=mail.example.com [192.0.2.25]:587 Connection refused",
    ),
    _say("tcp.timeout", "H={host} [{address}] Connection timed out", _H + " Connection timed out"),
    _say(
        "smtp.banner-timeout",
        "SMTP timeout after initial connection",
        _H + ": SMTP timeout after initial connection: Connection timed out",
        "tls.wrong-mode",
    ),
    _say(
        "smtp.outcome-unknown",
        "SMTP timeout after end of data",
        _H + ": SMTP timeout after end of data (2048 bytes written): Connection timed out",
    ),
    _say(
        "smtp.timeout",
        "SMTP timeout after",
        _H + ": SMTP timeout after RCPT TO:<op@example.net>: Connection timed out",
    ),
    _say(
        "smtp.closed-early",
        "Remote host closed connection in response to initial connection",
        _H + " Remote host closed connection in response to initial connection",
    ),
    _say(
        "smtp.outcome-unknown",
        "Remote host closed connection in response to end of data",
        _H + " Remote host closed connection in response to end of data",
    ),
    _say(
        "smtp.closed-early",
        "Remote host closed connection in response to",
        _H + " Remote host closed connection in response to EHLO mail.example.org",
    ),
    _say(
        "smtp.starttls-missing",
        "a TLS session is required, but the server did not offer TLS support",
        _OP + "(-38) H=mail.example.com [192.0.2.25]: a TLS session is required, but "
        "the server did not offer TLS support",
        "smtp.masked-by-firewall",
    ),
    _say(
        "tls.untrusted-issuer",
        "TLS session: (certificate verification failed)",
        _H + " TLS session: (certificate verification failed): certificate invalid",
        *WHATEVER,
        vague=True,
    ),
    _say(
        "tls.untrusted-issuer",
        "(certificate verification failed): certificate invalid",
        _H + ": TLS session: (certificate verification failed): certificate invalid",
        *WHATEVER,
        vague=True,
    ),
    _say(
        "tls.no-shared-cipher",
        "(gnutls_handshake): A TLS fatal alert has been received. {}handshake failed",
        _H + " TLS session: (gnutls_handshake): A TLS fatal alert has "
        "been received. [40] Handshake failed",
        *ALERT,
    ),
    _say("auth.no-mechanism", "Unable to authenticate: no supported authentication mechanism"),
    _say(
        "auth.rejected",
        "login authenticator failed {}: 535",
        _H + ": login authenticator "
        "failed H=mail.example.com [192.0.2.25]: 535 5.7.8 Error: authentication failed",
    ),
    _say(
        "dns.not-found",
        "all relevant MX records point to non-existent hosts",
        _BAD + ": all relevant MX records point to non-existent hosts",
    ),
    _say(
        "dns.not-found",
        "Unrouteable address",
        "1tXyZa-000001-AB ** op@example.invalid: Unrouteable address",
        "smtp.recipient-refused",
    ),
    _say(
        "dns.not-found",
        'lookup of host "{host}" failed',
        _OP + '(-1): lookup of host "email-smtp.example.invalid" failed in smarthost router',
    ),
    _say("dns.timeout", "host lookup did not complete", _OP + "(-1): host lookup did not complete"),
    _say(
        "smtp.recipient-refused",
        "",
        _BAD + "H=mail.example.com [192.0.2.25]: SMTP error from "
        "remote mail server after RCPT TO:<op@example.net>: 550 5.1.1 <op@example.net>: User "
        "unknown",
    ),
    _say(
        "ses.identity-not-verified",
        "",
        _BAD + "H=email-smtp.us-east-1.amazonaws.com "
        "[192.0.2.25]: SMTP error from remote mail server after end of data: 554 Message "
        "rejected: Email address is not verified. The following identities failed the check in "
        "region US-EAST-1: alarm@example.org",
    ),
    _say(
        "smtp.greylisted",
        "",
        _OP + "(-44) H=mail.example.com [192.0.2.25]: SMTP error from "
        "remote mail server after RCPT TO:<op@example.net>: 451 4.7.1 Greylisting in action, "
        "please come back later",
    ),
    _say(
        "smtp.not-smtp",
        "Malformed SMTP reply in response to initial connection: {reply}",
        _H + ": Malformed SMTP reply in response to initial connection: SSH-2.0-OpenSSH_9.2",
    ),
    _say(
        "auth.not-offered",
        "authentication required but server did not advertise AUTH support",
        _OP + "(-42): authentication required but server did not advertise AUTH support",
    ),
    _say(
        "auth.no-mechanism",
        "authentication required but no common mechanisms were found",
        _OP + "(-42): authentication required but no common mechanisms were found",
    ),
    _say(
        "auth.rejected",
        "authentication required but authentication attempt(s) failed",
        _OP + "(-42): authentication required but authentication attempt(s) failed",
    ),
    _say(
        "smtp.starttls-injection",
        "TLS session: synch error before connect",
        _OP + "(-37) H=mail.example.com [192.0.2.25]: TLS session: synch error before connect",
    ),
    _say(
        "smtp.closed-early",
        "TLS error on connection (recv): The TLS connection was non-properly terminated",
        _H + " TLS error on connection (recv): The TLS connection was non-properly terminated.",
    ),
    _say(
        "tls.handshake-dropped",
        "(gnutls_handshake): Error in the pull function",
        _H + ": TLS session: (gnutls_handshake): Error in the pull function.",
    ),
    _say(
        "smtp.starttls-refused",
        "a TLS session is required, but an attempt to start TLS failed",
        _H + ": a TLS session is required, but an attempt to start TLS failed",
        "tls.handshake-dropped",
        *HANDSHAKE,
        vague=True,
    ),
)
