"""swaks."""

from __future__ import annotations

from tocsin.faults.printed.said import of

_say = of("swaks", anywhere=False)

PRINTED = (
    _say(
        "tcp.refused",
        "*** Error connecting to {host}:{port}:\n{}Connection refused",
        "*** Error connecting to mail.example.com:587:\n*** \tIO::Socket::INET6: connect: "
        "Connection refused",
    ),
    _say(
        "tcp.timeout",
        "*** Error connecting to {host}:{port}:\n{}timeout",
        "*** Error connecting to mail.example.com:587:\n*** \tIO::Socket::INET6: connect: timeout",
    ),
    _say(
        "dns.not-found",
        "*** Error connecting to {host}:{port}:\n{}Name or service not known",
        "*** Error connecting to email-smtp.example.invalid:587:\n*** \tIO::Socket::INET6: "
        "getaddrinfo: Name or service not known",
    ),
    _say(
        "dns.not-found",
        "*** Error connecting to {host}:{port}:\n{}Bad hostname",
        "*** Error connecting to email-smtp.example.invalid:587:\n*** \tIO::Socket::INET: Bad "
        "hostname 'email-smtp.example.invalid'",
        "dns.timeout",
    ),
    _say(
        "smtp.starttls-missing",
        "*** Host did not advertise STARTTLS",
        "",
        "smtp.masked-by-firewall",
    ),
    _say("auth.not-offered", "*** Host did not advertise authentication"),
    _say(
        "auth.no-mechanism",
        "*** Auth not attempted, requested type not available",
        "*** Auth not attempted, requested type not available",
    ),
    _say(
        "auth.rejected",
        "*** No authentication type succeeded",
        "",
        "auth.temporary",
        "auth.no-mechanism",
        vague=True,
    ),
    _say(
        "smtp.closed-early",
        "*** Remote host closed connection unexpectedly.",
        "",
        "tls.handshake-dropped",
        "smtp.temporary",
        vague=True,
    ),
    _say(
        "auth.rejected",
        "",
        " -> AUTH LOGIN\n<-  334 VXNlcm5hbWU6\n<-  334 UGFzc3dvcmQ6\n<** "
        "535 Authentication Credentials Invalid\n*** No authentication type succeeded",
    ),
    _say(
        "ses.identity-not-verified",
        "",
        " -> .\n<** 554 Message rejected: Email address is not "
        "verified. The following identities failed the check in region US-EAST-1: "
        "alarm@example.org",
    ),
    _say(
        "smtp.timeout",
        "Timeout ({seconds} secs) waiting for server response",
        "<** Timeout (30 secs) waiting for server response",
        "smtp.banner-timeout",
    ),
    _say("auth.no-mechanism", "*** Auth not attempted, no advertised types available"),
    _say(
        "dns.not-found",
        "IO::Socket::INET: Bad hostname '{host}'",
        "*** \tIO::Socket::INET: Bad hostname 'email-smtp.example.invalid'",
        "dns.timeout",
    ),
    _say("smtp.not-smtp", "<** HTTP/", "<** HTTP/1.1 400 Bad Request"),
    _say("smtp.not-smtp", "<~* HTTP/", "<~* HTTP/1.1 400 Bad Request"),
    _say("smtp.not-smtp", "<** SSH-", "<** SSH-2.0-OpenSSH_9.2"),
    _say("smtp.not-smtp", "<~* SSH-", "<~* SSH-2.0-OpenSSH_9.2"),
    _say(
        "tls.handshake-dropped",
        "*** TLS startup failed (connect(): error:00000000:",
        "*** TLS startup failed (connect(): error:00000000:lib(0)::reason(0))",
    ),
)
