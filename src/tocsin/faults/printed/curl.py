"""curl and what is built with libcurl."""

from __future__ import annotations

from tocsin.faults.printed.lumped import ALERT, NO_PATH_AT_ALL
from tocsin.faults.printed.said import of

_say = of("curl")
_mail = of("curl", anywhere=False)

PRINTED = (
    _say(
        "dns.not-found",
        "Could not resolve host: {host}",
        "curl: (6) Could not resolve host: email-smtp.example.invalid",
        "dns.timeout",
    ),
    _say(
        "dns.timeout",
        "Resolving timed out after",
        "curl: (28) Resolving timed out after 5000 milliseconds",
    ),
    _say(
        "tcp.refused",
        "Failed to connect to {host} port {port}{}Connection refused",
        "curl: (7) Failed to connect to mail.example.com port 587: Connection refused",
    ),
    _say(
        "tcp.refused",
        "Failed to connect to {host} port {port} after {}: Couldn't connect to server",
        "curl: (7) Failed to connect to mail.example.com port 587 after 2 ms: "
        "Couldn't connect to server",
        "tcp.unreachable",
        "tcp.timeout",
        vague=True,
    ),
    _say(
        "tcp.timeout",
        "Connection timed out after {} milliseconds",
        "curl: (28) Connection timed out after 5001 milliseconds",
    ),
    _say(
        "tcp.timeout",
        "Failed to connect to {host} port {port}{}timed out",
        "curl: (28) Failed to connect to mail.example.com port 587: Connection timed out",
    ),
    _say(
        "tcp.unreachable",
        "Failed to connect to {host} port {port}{}No route to host",
        "curl: (7) Failed to connect to mail.example.com port 587: No route to host",
    ),
    _say(
        "tls.untrusted-issuer",
        "SSL certificate problem: unable to get local issuer certificate",
        "curl: (60) SSL certificate problem: unable to get local issuer certificate",
        "tls.incomplete-chain",
        "tls.intercepted",
    ),
    _say(
        "tls.untrusted-issuer",
        "server certificate verification failed. CAfile:",
        "curl: (60) server certificate verification failed. CAfile: none CRLfile: none",
        *NO_PATH_AT_ALL,
        "tls.expired",
    ),
    _say(
        "tls.name-mismatch",
        "no alternative certificate subject name matches target host name '{host}'",
        "curl: (60) SSL: no alternative certificate subject name matches target "
        "host name 'mail.example.com'",
    ),
    _say(
        "tls.name-mismatch",
        "certificate subject name '{names}' does not match target host name '{host}'",
        "curl: (60) SSL: certificate subject name 'relay.example.com' does not "
        "match target host name 'mail.example.com'",
    ),
    _say(
        "tls.name-mismatch",
        "no alternative certificate subject name matches target ipv4",
        "curl: (60) SSL: no alternative certificate subject name matches target ipv4 address "
        "'192.0.2.25'",
    ),
    _say(
        "tls.no-shared-cipher",
        "curl: (35){}handshake failure",
        "curl: (35) error:14094410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure",
        *ALERT,
    ),
    _mail(
        "smtp.starttls-missing",
        "curl: (64)",
        "curl: (64) Requested SSL level failed",
        "smtp.starttls-refused",
        "smtp.masked-by-firewall",
    ),
    _mail(
        "smtp.starttls-missing",
        "STARTTLS not supported",
        "curl: (64) STARTTLS not supported.",
        "smtp.masked-by-firewall",
    ),
    _mail(
        "smtp.starttls-missing",
        "STARTTLS not available",
        "curl: (64) STARTTLS not available.",
        "smtp.masked-by-firewall",
    ),
    _mail(
        "smtp.starttls-refused",
        "STARTTLS denied, code",
        "curl: (64) STARTTLS denied, code 454",
    ),
    _mail(
        "auth.rejected",
        "curl: (67) Login denied",
        "",
        "auth.temporary",
        "auth.no-mechanism",
        "auth.required",
    ),
    _mail("auth.rejected", "curl: (67) Authentication failed", "", "auth.temporary", vague=True),
    _mail(
        "auth.required",
        "curl: (55) MAIL failed: 530",
        "curl: (55) MAIL failed: 530",
        "smtp.starttls-required",
    ),
    _mail(
        "auth.required",
        "Access denied: 530",
        "curl: (67) Access denied: 530",
        "smtp.starttls-required",
    ),
    _mail(
        "smtp.temporary",
        "MAIL failed: 4",
        "curl: (55) MAIL failed: 451",
        "ses.rate-exceeded",
        "ses.daily-quota",
    ),
    _mail("smtp.sender-refused", "MAIL failed: 5", "curl: (55) MAIL failed: 501"),
    _mail(
        "smtp.temporary",
        "RCPT failed: 4",
        "curl: (55) RCPT failed: 450",
        "smtp.greylisted",
        "smtp.too-many-recipients",
    ),
    _mail(
        "smtp.recipient-refused",
        "RCPT failed: 5",
        "curl: (55) RCPT failed: 550",
        "smtp.relay-denied",
        "smtp.address-syntax",
    ),
    _mail(
        "smtp.banner-timeout",
        "response reading failed (errno: 110)",
        "curl: (56) response reading failed (errno: 110)",
        "smtp.timeout",
    ),
    _mail(
        "smtp.closed-early",
        "response reading failed",
        "curl: (56) response reading failed (errno: 104)",
        "smtp.timeout",
        vague=True,
    ),
    _mail(
        "smtp.timeout",
        "SMTP response timeout",
        "curl: (28) SMTP response timeout",
        "smtp.banner-timeout",
        "tls.wrong-mode",
    ),
    _say(
        "tls.client-certificate-required",
        "curl: (56){}alert certificate required",
        "curl: (56) OpenSSL SSL_read: error:0A00045C:SSL routines::tlsv13 alert certificate "
        "required, errno 0",
    ),
    _mail(
        "smtp.greeting-refused",
        "Got unexpected smtp-server response: 5",
        "curl: (8) Got unexpected smtp-server response: 554",
    ),
    _mail(
        "smtp.too-many-connections",
        "Got unexpected smtp-server response: 4",
        "curl: (8) Got unexpected smtp-server response: 421",
        "smtp.temporary",
        "smtp.greeting-refused",
    ),
    _mail(
        "smtp.timeout",
        "Operation timed out after {} milliseconds with 0 bytes received",
        "curl: (28) Operation timed out after 4000 milliseconds with 0 bytes received",
        "smtp.banner-timeout",
    ),
    _say(
        "tls.handshake-dropped",
        "curl: (35) {}reset by peer",
        "curl: (35) Recv failure: Connection reset by peer",
    ),
    _say(
        "tcp.timeout",
        "Failed to connect to {host} port {port} after {} ms: Timeout was reached",
        "curl: (28) Failed to connect to mail.example.com port 587 after 5001 ms: Timeout was "
        "reached",
    ),
)
