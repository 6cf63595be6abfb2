"""Go: net/smtp, crypto/tls, crypto/x509, gomail, Prometheus Alertmanager, Grafana."""

from __future__ import annotations

from tocsin.faults.printed.lumped import ALERT, NO_PATH_AT_ALL
from tocsin.faults.printed.said import of

_say = of("Go")
_mail = of("Go", anywhere=False)
_alertmanager = of("Alertmanager", anywhere=False)

PRINTED = (
    _say(
        "tls.untrusted-issuer",
        "x509: certificate signed by unknown authority",
        "tls: failed to verify certificate: x509: certificate signed by unknown authority",
        *NO_PATH_AT_ALL,
    ),
    _say(
        "tls.expired",
        "x509: certificate has expired or is not yet valid: current time {now} is after {expires}",
        "x509: certificate has expired or is not yet valid: current "
        "time 2026-11-25T04:00:00Z is after 2026-11-24T10:00:00Z",
    ),
    _say(
        "tls.not-yet-valid",
        "x509: certificate has expired or is not yet valid: current time "
        "{now} is before {not_before}",
        "x509: certificate has expired or is not yet valid: "
        "current time 2026-11-25T04:00:00Z is before 2026-11-28T10:00:00Z",
    ),
    _say(
        "tls.expired", "x509: certificate has expired or is not yet valid", "", "tls.not-yet-valid"
    ),
    _say(
        "tls.name-mismatch",
        "x509: certificate is valid for {names}, not {host}",
        "tls: failed to verify certificate: x509: certificate is valid for relay.example.com, "
        "not mail.example.com",
    ),
    _say(
        "tls.name-mismatch",
        "x509: certificate is not valid for any names, but wanted to match {host}",
        "x509: certificate is not valid for any names, but wanted to match mail.example.com",
    ),
    _say(
        "tls.name-mismatch",
        "doesn't contain any IP SANs",
        "x509: cannot validate certificate for 192.0.2.25 because it doesn't contain any IP SANs",
    ),
    _say(
        "tls.name-mismatch",
        "x509: certificate relies on legacy Common Name field",
        "x509: certificate relies on legacy Common Name field, use SANs instead",
    ),
    _say("tls.wrong-purpose", "x509: certificate specifies an incompatible key usage"),
    _say(
        "tls.invalid-chain",
        "x509: invalid signature: parent certificate cannot sign this kind of certificate",
    ),
    _say("tls.invalid-chain", "x509: certificate is not authorized to sign other certificates"),
    _say(
        "tls.weak-signature",
        "x509: cannot verify signature: insecure algorithm",
        "x509: cannot verify signature: insecure algorithm SHA1-RSA",
    ),
    _say(
        "tls.wrong-mode",
        "tls: first record does not look like a TLS handshake",
        "tls: first record does not look like a TLS handshake",
        "smtp.not-smtp",
    ),
    _say("tls.no-shared-cipher", "remote error: tls: handshake failure", "", *ALERT),
    _say("tls.no-shared-cipher", "tls: no cipher suite supported by both client and server"),
    _say("tls.no-shared-cipher", "remote error: tls: insufficient security level"),
    _say("tls.version-too-old", "remote error: tls: protocol version not supported"),
    _say("tls.version-too-old", "tls: server selected unsupported protocol version"),
    _say("tls.client-certificate-required", "remote error: tls: certificate required"),
    _say("tls.client-certificate-required", "remote error: tls: bad certificate"),
    _say("smtp.temporary", "remote error: tls: user canceled", "", "smtp.closed-early", vague=True),
    _say("tls.handshake-dropped", "TLS handshake timeout", "net/http: TLS handshake timeout"),
    _say(
        "dns.not-found",
        "lookup {host}: no such host",
        "dial tcp: lookup email-smtp.example.invalid: no such host",
    ),
    _say(
        "dns.not-found",
        "no such host",
        "dial tcp: lookup email-smtp.example.invalid on 192.0.2.53:53: no such host",
    ),
    _say(
        "dns.timeout",
        "server misbehaving",
        "dial tcp: lookup mail.example.com on 192.0.2.53:53: server misbehaving",
    ),
    _say(
        "dns.timeout",
        "lookup {} on {}read udp {}i/o timeout",
        "dial tcp: lookup mail.example.com on 192.0.2.53:53: read udp 192.0.2.7:41234->"
        "192.0.2.53:53: i/o timeout",
    ),
    _say(
        "tcp.refused",
        "dial tcp {}: connect: connection refused",
        "dial tcp 192.0.2.25:587: connect: connection refused",
    ),
    _say(
        "tcp.timeout",
        "dial tcp {}: connect: connection timed out",
        "dial tcp 192.0.2.25:587: connect: connection timed out",
    ),
    _say("tcp.timeout", "dial tcp {}: i/o timeout", "dial tcp 192.0.2.25:587: i/o timeout"),
    _say(
        "tcp.unreachable",
        "connect: network is unreachable",
        "dial tcp [2001:db8::25]:587: connect: network is unreachable",
    ),
    _say(
        "tcp.unreachable",
        "connect: no route to host",
        "dial tcp 192.0.2.25:587: connect: no route to host",
    ),
    _say(
        "smtp.timeout",
        "read tcp {}i/o timeout",
        "read tcp 192.0.2.7:41234->192.0.2.25:587: i/o timeout",
        "smtp.banner-timeout",
        "tls.wrong-mode",
        "tls.handshake-dropped",
    ),
    _mail(
        "smtp.starttls-missing",
        "smtp: server doesn't support STARTTLS",
        "",
        "smtp.masked-by-firewall",
    ),
    _mail(
        "smtp.starttls-missing",
        "does not advertise the STARTTLS extension",
        "'require_tls' is true (default) but \"mail.example.com:587\" does not advertise the "
        "STARTTLS extension",
        "smtp.masked-by-firewall",
    ),
    _mail(
        "smtp.starttls-missing",
        "unencrypted connection",
        "gomail: unencrypted connection",
        "smtp.masked-by-firewall",
    ),
    _mail(
        "smtp.starttls-missing",
        "StartTLSPolicy is MandatoryStartTLS and server does not support",
        "gomail: MandatoryStartTLS required, but StartTLSPolicy is "
        "MandatoryStartTLS and server does not support STARTTLS",
        "smtp.masked-by-firewall",
    ),
    _mail("auth.not-offered", "smtp: server doesn't support AUTH"),
    _alertmanager(
        "auth.no-mechanism",
        "unknown auth mechanism:",
        "find auth mechanism: unknown auth mechanism: XOAUTH2",
    ),
    _alertmanager(
        "smtp.closed-early",
        "establish connection to server: EOF",
        'msg="Notify attempt failed" err="email: establish connection to server: EOF"',
    ),
    _alertmanager("smtp.closed-early", "create SMTP client: EOF", 'err="create SMTP client: EOF"'),
    _mail(
        "smtp.closed-early",
        "gomail: could not send email {}: EOF",
        "gomail: could not send email 1: EOF",
        "smtp.temporary",
        vague=True,
    ),
    _alertmanager(
        "smtp.banner-timeout",
        "create SMTP client: read tcp {}i/o timeout",
        "create SMTP client: read tcp 192.0.2.7:41234->192.0.2.25:587: i/o timeout",
        "tls.wrong-mode",
    ),
    _alertmanager("smtp.closed-early", "send RCPT command: EOF"),
    _alertmanager("smtp.closed-early", "send MAIL command: EOF"),
    _alertmanager("smtp.closed-early", "delivery failure: EOF", "", "smtp.outcome-unknown"),
    _alertmanager("tls.handshake-dropped", "send STARTTLS command: EOF", "", "smtp.closed-early"),
    _say(
        "tls.weak-signature",
        "x509: certificate signed by unknown authority (possibly because of {}insecure algorithm",
        "x509: certificate signed by unknown authority (possibly "
        'because of "x509: cannot verify signature: insecure algorithm SHA1-RSA" while trying '
        'to verify candidate authority certificate "Example CA")',
    ),
    _mail("smtp.not-smtp", "short response: HTTP/", "short response: HTTP/1.1 400 Bad Request"),
    _mail("smtp.not-smtp", "short response: SSH-", "short response: SSH-2.0-OpenSSH_9.2"),
    _say(
        "dns.timeout",
        "lookup {host}: i/o timeout",
        "dial tcp: lookup mail.example.com: i/o timeout",
    ),
)
