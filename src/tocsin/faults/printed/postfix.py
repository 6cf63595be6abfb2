"""Postfix."""

from __future__ import annotations

from tocsin.faults.printed.lumped import NO_PATH_AT_ALL, WHATEVER
from tocsin.faults.printed.said import of

_say = of("Postfix", anywhere=False)
_FROM = "postfix/smtp[2211]: 4F1c2D3e4F: to=<op@example.net>, relay="
_TO = _FROM + "mail.example.com[192.0.2.25]:587, delay=0.9, delays=0.02/0.01/0.6/0.3, dsn="

PRINTED = (
    _say(
        "dns.not-found",
        "Host or domain name not found. Name service error for name={host} type=",
        _FROM + "none, delay=0.1, delays=0.02/0/0.08/0, dsn=5.4.4, status=bounced "
        "(Host or domain name not found. Name service error for name=email-smtp.example.invalid "
        "type=A: Host not found)",
    ),
    _say(
        "dns.timeout",
        "Host or domain name not found. Name service error for name={host} type={}try again",
        _FROM + "none, delay=20, delays=0.02/0/20/0, dsn=4.4.3, status=deferred (Host or domain "
        "name not found. Name service error for name=mail.example.com type=A: Host not found, "
        "try again)",
    ),
    _say(
        "tcp.timeout",
        "connect to {host}[{address}]:{port}: Connection timed out",
        "postfix/smtp[2211]: connect to mail.example.com[192.0.2.25]:25: Connection timed out",
    ),
    _say(
        "tcp.refused",
        "connect to {host}[{address}]:{port}: Connection refused",
        "postfix/smtp[2211]: connect to mail.example.com[192.0.2.25]:587: Connection refused",
    ),
    _say(
        "tcp.unreachable",
        "connect to {host}[{address}]:{port}: Network is unreachable",
        "postfix/smtp[2211]: connect to mail.example.com[2001:db8::25]:25: Network is unreachable",
    ),
    _say(
        "tcp.unreachable",
        "connect to {host}[{address}]:{port}: No route to host",
        "postfix/smtp[2211]: connect to mail.example.com[192.0.2.25]:25: No route to host",
    ),
    _say(
        "smtp.banner-timeout",
        "timed out while receiving the initial server greeting",
        _FROM + "mail.example.com[192.0.2.25]:465, delay=300, dsn=4.4.2, status=deferred "
        "(conversation with mail.example.com[192.0.2.25] timed out while receiving the initial "
        "server greeting)",
        "tls.wrong-mode",
    ),
    _say(
        "smtp.closed-early",
        "lost connection with {host}[{address}] while receiving the initial server greeting",
        _FROM + "mail.example.com[192.0.2.25]:25, dsn=4.4.2, "
        "status=deferred (lost connection with mail.example.com[192.0.2.25] while receiving "
        "the initial server greeting)",
    ),
    _say(
        "smtp.outcome-unknown",
        "lost connection with {host}[{address}] while sending end of data",
        _FROM + "mail.example.com[192.0.2.25]:25, dsn=4.4.2, status=deferred (lost "
        "connection with mail.example.com[192.0.2.25] while sending end of data -- message may "
        "be sent more than once)",
    ),
    _say(
        "smtp.outcome-unknown",
        "conversation with {host}[{address}] timed out while sending end of data",
        _FROM + "mail.example.com[192.0.2.25]:25, dsn=4.4.2, status=deferred (conversation with "
        "mail.example.com[192.0.2.25] timed out while sending end of data -- message may be "
        "sent more than once)",
    ),
    _say(
        "smtp.outcome-unknown",
        "message may be sent more than once",
        "(delivery temporarily suspended: message may be sent more than once)",
        vague=True,
    ),
    _say(
        "smtp.closed-early",
        "lost connection with {host}[{address}] while",
        _FROM + "mail.example.com[192.0.2.25]:25, dsn=4.4.2, status=deferred (lost connection "
        "with mail.example.com[192.0.2.25] while performing the EHLO handshake)",
    ),
    _say(
        "smtp.timeout",
        "conversation with {host}[{address}] timed out while",
        _FROM + "mail.example.com[192.0.2.25]:25, dsn=4.4.2, status=deferred (conversation with "
        "mail.example.com[192.0.2.25] timed out while sending RCPT TO)",
    ),
    _say(
        "tls.untrusted-issuer",
        "untrusted issuer {issuer}",
        "postfix/smtp[2211]: certificate verification failed for mail.example.com"
        "[192.0.2.25]:587: untrusted issuer /CN=Example Root CA 1",
        *NO_PATH_AT_ALL,
    ),
    _say(
        "tls.self-signed",
        "certificate verification failed for {host}[{address}]:{port}: self-signed certificate",
        "postfix/smtp[2211]: certificate verification failed for "
        "mail.example.com[192.0.2.25]:587: self-signed certificate",
    ),
    _say(
        "tls.expired",
        "certificate verification failed for {host}[{address}]:{port}: certificate has expired",
        "postfix/smtp[2211]: certificate verification failed for "
        "mail.example.com[192.0.2.25]:587: certificate has expired",
    ),
    _say(
        "tls.untrusted-issuer",
        "Server certificate not trusted",
        _TO + "4.7.5, status=deferred (Server certificate not trusted)",
        *WHATEVER,
        vague=True,
    ),
    _say(
        "tls.untrusted-issuer",
        "Server certificate not verified",
        _TO + "4.7.5, status=deferred (Server certificate not verified)",
        *WHATEVER,
        vague=True,
    ),
    _say("tls.name-mismatch", "Server certificate CommonName mismatch"),
    _say(
        "tls.handshake-dropped",
        "SSL_connect error to {host}[{address}]:{port}: lost connection",
        "postfix/smtp[2211]: SSL_connect error to mail.example.com"
        "[192.0.2.25]:587: lost connection",
    ),
    _say(
        "tls.handshake-dropped",
        "SSL_connect error to {host}[{address}]:{port}: Connection timed out",
        "postfix/smtp[2211]: SSL_connect error to mail.example.com"
        "[192.0.2.25]:587: Connection timed out",
    ),
    _say(
        "smtp.starttls-missing",
        "TLS is required, but was not offered by host {host}[",
        _TO + "4.7.4, status=deferred (TLS is required, but was not offered by host "
        "mail.example.com[192.0.2.25])",
        "smtp.masked-by-firewall",
    ),
    _say(
        "tls.wrong-mode",
        "CLIENT wrappermode (port smtps/465) is unimplemented",
        "postfix/smtp[2211]: CLIENT wrappermode (port smtps/465) is unimplemented",
    ),
    _say(
        "tls.wrong-mode",
        "SMTPS wrappermode (TCP port 465) requires setting",
        "postfix/smtp[2211]: SMTPS wrappermode (TCP port 465) requires setting "
        '"smtp_tls_wrappermode = yes", and "smtp_tls_security_level = encrypt" (or stronger)',
    ),
    _say(
        "auth.no-mechanism",
        "SASL authentication failed; cannot authenticate to server {}: no mechanism available",
        _TO + "4.7.0, status=deferred (SASL authentication failed; "
        "cannot authenticate to server mail.example.com[192.0.2.25]: no mechanism available)",
    ),
    _say(
        "auth.no-mechanism",
        "SASL authentication failure: No worthy mechs found",
        "postfix/smtp[2211]: warning: SASL authentication failure: No worthy mechs found",
    ),
    _say(
        "smtp.recipient-refused",
        "",
        _TO + "5.1.1, status=bounced (host mail.example.com"
        "[192.0.2.25] said: 550 5.1.1 <op@example.net>: Recipient address rejected: User "
        "unknown in local recipient table (in reply to RCPT TO command))",
    ),
    _say(
        "ses.identity-not-verified",
        "",
        _FROM + "email-smtp.us-east-1.amazonaws.com"
        "[192.0.2.25]:587, dsn=5.0.0, status=bounced (host email-smtp.us-east-1.amazonaws.com"
        "[192.0.2.25] said: 554 Message rejected: Email address is not verified. The following "
        "identities failed the check in region US-EAST-1: alarm@example.org (in reply to end of "
        "DATA command))",
    ),
    _say(
        "auth.rejected",
        "",
        _FROM + "email-smtp.us-east-1.amazonaws.com[192.0.2.25]:587, "
        "dsn=4.7.8, status=deferred (SASL authentication failed; server "
        "email-smtp.us-east-1.amazonaws.com[192.0.2.25] said: 535 Authentication Credentials "
        "Invalid)",
    ),
    _say(
        "smtp.greeting-refused",
        "",
        _FROM + "mail.example.com[192.0.2.25]:25, dsn=4.0.0, "
        "status=deferred (host mail.example.com[192.0.2.25] refused to talk to me: 554 5.7.1 "
        "Service unavailable; Client host [198.51.100.9] blocked using bl.example.org)",
    ),
    _say(
        "tls.handshake-dropped",
        "SSL_connect error to {host}[{address}]:{port}: Connection reset by peer",
        "postfix/smtp[2211]: SSL_connect error to mail.example.com"
        "[192.0.2.25]:587: Connection reset by peer",
    ),
    _say(
        "auth.no-mechanism",
        "offered no supported AUTH mechanisms: '{mechanism}'",
        "postfix/smtp[2211]: warning: mail.example.com[192.0.2.25]:587 offered no supported AUTH "
        "mechanisms: 'GSSAPI'",
    ),
    _say(
        "auth.no-mechanism",
        "offered no compatible authentication mechanisms for this type of connection security",
        _TO + "4.7.0, status=deferred (SASL authentication failed; "
        "server mail.example.com[192.0.2.25] offered no compatible authentication mechanisms "
        "for this type of connection security)",
    ),
    _say(
        "tls.not-yet-valid",
        "certificate verification failed for {host}[{address}]:{port}: certificate not yet valid",
        "postfix/smtp[2211]: server certificate verification "
        "failed for mail.example.com[192.0.2.25]:587: certificate not yet valid",
    ),
    _say(
        "tls.wrong-purpose",
        "certificate verification failed for {host}[{address}]:{port}: not "
        "designated for use as a server certificate",
        "postfix/smtp[2211]: certificate "
        "verification failed for mail.example.com[192.0.2.25]:587: not designated for use as a "
        "server certificate",
    ),
    _say(
        "smtp.message-too-large",
        "message size {} exceeds size limit {limit} of server",
        _TO + "5.3.4, status=bounced (message size 41943040 exceeds size limit 10240000 of "
        "server mail.example.com[192.0.2.25])",
    ),
)
