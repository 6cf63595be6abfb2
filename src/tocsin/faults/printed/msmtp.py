"""msmtp."""

from __future__ import annotations

from tocsin.faults.printed.lumped import WHATEVER
from tocsin.faults.printed.said import of

_say = of("msmtp", anywhere=False)

PRINTED = (
    _say(
        "dns.not-found",
        "cannot locate host {host}: Name or service not known",
        "msmtp: cannot locate host email-smtp.example.invalid: Name or service not known",
    ),
    _say(
        "dns.timeout",
        "cannot locate host {host}: Temporary failure",
        "msmtp: cannot locate host mail.example.com: Temporary failure in name resolution",
    ),
    _say(
        "tcp.refused",
        "cannot connect to {host}, port {port}: Connection refused",
        "msmtp: cannot connect to mail.example.com, port 587: Connection refused",
    ),
    _say(
        "tcp.timeout",
        "cannot connect to {host}, port {port}: Connection timed out",
        "msmtp: cannot connect to mail.example.com, port 587: Connection timed out",
    ),
    _say(
        "tcp.timeout",
        "cannot connect to {host}, port {port}: timeout",
        "msmtp: cannot connect to mail.example.com, port 587: timeout",
    ),
    _say(
        "tcp.unreachable",
        "cannot connect to {host}, port {port}: Network is unreachable",
        "msmtp: cannot connect to mail.example.com, port 587: Network is unreachable",
    ),
    _say(
        "tcp.unreachable",
        "cannot connect to {host}, port {port}: No route to host",
        "msmtp: cannot connect to mail.example.com, port 587: No route to host",
    ),
    _say(
        "smtp.starttls-missing",
        "the server does not support TLS via the STARTTLS command",
        "msmtp: the server does not support TLS via the STARTTLS command",
        "smtp.masked-by-firewall",
    ),
    _say(
        "tls.untrusted-issuer",
        "TLS certificate verification failed: the certificate hasn't got a known issuer",
        "msmtp: TLS certificate verification failed: the certificate hasn't got a known issuer",
        "tls.incomplete-chain",
        "tls.self-signed",
        "tls.intercepted",
    ),
    _say(
        "tls.expired",
        "TLS certificate verification failed: the certificate has expired",
        "msmtp: TLS certificate verification failed: the certificate has expired",
    ),
    _say(
        "tls.not-yet-valid",
        "TLS certificate verification failed: the certificate is not yet activated",
        "msmtp: TLS certificate verification failed: the certificate is not yet activated",
    ),
    _say(
        "tls.revoked",
        "TLS certificate verification failed: the certificate has been revoked",
        "msmtp: TLS certificate verification failed: the certificate has been revoked",
    ),
    _say(
        "tls.name-mismatch",
        "the certificate owner does not match hostname {host}",
        "msmtp: TLS certificate verification failed: the certificate owner does not match "
        "hostname mail.example.com",
    ),
    _say(
        "tls.untrusted-issuer",
        "TLS certificate verification failed",
        "msmtp: TLS certificate verification failed",
        *WHATEVER,
        vague=True,
    ),
    _say(
        "auth.not-offered",
        "the server does not support authentication",
        "msmtp: the server does not support authentication",
    ),
    _say(
        "auth.no-mechanism",
        "the server does not support authentication method {mechanism}",
        "msmtp: the server does not support authentication method CRAM-MD5",
    ),
    _say(
        "auth.no-mechanism",
        "cannot find a usable authentication method",
        "msmtp: cannot find a usable authentication method",
    ),
    _say(
        "auth.rejected",
        "authentication failed (method",
        "msmtp: authentication failed (method PLAIN)",
        "auth.temporary",
        vague=True,
    ),
    _say(
        "smtp.recipient-refused",
        "recipient address {recipient} not accepted by the server",
        "msmtp: recipient address op@example.net not accepted by the server",
        "smtp.relay-denied",
        "smtp.greylisted",
        "smtp.temporary",
        vague=True,
    ),
    _say(
        "smtp.not-smtp",
        "the server sent an invalid reply",
        "msmtp: the server sent an invalid reply",
    ),
    _say(
        "smtp.timeout",
        "network read error: the operation timed out",
        "msmtp: network read error: the operation timed out",
        "smtp.banner-timeout",
        "tls.wrong-mode",
    ),
    _say(
        "smtp.closed-early",
        "network read error: Connection reset by peer",
        "msmtp: network read error: Connection reset by peer",
        "tls.handshake-dropped",
    ),
    _say("smtp.no-recipients", "no recipients found", "msmtp: no recipients found"),
    _say(
        "smtp.greeting-refused",
        "cannot get initial OK message from server",
        "msmtp: cannot get initial OK message from server",
        "smtp.too-many-connections",
        "smtp.temporary",
        vague=True,
    ),
    _say(
        "smtp.closed-early",
        "the server sent an empty reply",
        "msmtp: the server sent an empty reply",
    ),
    _say(
        "smtp.closed-early",
        "cannot read from TLS connection: The TLS connection was non-properly terminated",
        "msmtp: cannot read from TLS connection: The TLS connection was non-properly terminated.",
    ),
    _say(
        "tls.handshake-dropped",
        "TLS handshake failed: Error in the pull function",
        "msmtp: TLS handshake failed: Error in the pull function.",
    ),
    _say(
        "smtp.starttls-refused",
        "command STARTTLS failed",
        "msmtp: command STARTTLS failed",
        vague=True,
    ),
    _say(
        "smtp.sender-refused",
        "envelope from address {sender} not accepted by the server",
        "msmtp: envelope from address alarm@example.org not accepted by the server",
        "auth.required",
        "smtp.starttls-required",
        "smtp.temporary",
        vague=True,
    ),
)
