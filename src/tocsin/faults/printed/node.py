"""Node.js: tls, nodemailer."""

from __future__ import annotations

from tocsin.faults.printed.lumped import NO_PATH, ROOT_SENT
from tocsin.faults.printed.said import of

_say = of("Node.js")
_mail = of("Node.js", anywhere=False)

PRINTED = (
    _say(
        "tls.untrusted-issuer",
        "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
        "code: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'",
        *NO_PATH,
    ),
    _say(
        "tls.untrusted-issuer",
        "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
        "code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'",
        *NO_PATH,
    ),
    _say(
        "tls.untrusted-issuer",
        "SELF_SIGNED_CERT_IN_CHAIN",
        "code: 'SELF_SIGNED_CERT_IN_CHAIN'",
        *ROOT_SENT,
    ),
    _say("tls.self-signed", "DEPTH_ZERO_SELF_SIGNED_CERT", "code: 'DEPTH_ZERO_SELF_SIGNED_CERT'"),
    _say("tls.expired", "CERT_HAS_EXPIRED", "code: 'CERT_HAS_EXPIRED'"),
    _say("tls.not-yet-valid", "CERT_NOT_YET_VALID", "code: 'CERT_NOT_YET_VALID'"),
    _say("tls.revoked", "CERT_REVOKED", "code: 'CERT_REVOKED'"),
    _say(
        "tls.name-mismatch",
        "Hostname/IP does not match certificate's altnames: Host: {host}. "
        "is not in the cert's altnames: {names}",
        "Error [ERR_TLS_CERT_ALTNAME_INVALID]: "
        "Hostname/IP does not match certificate's altnames: Host: mail.example.com. is not in "
        "the cert's altnames: DNS:relay.example.com",
    ),
    _say(
        "tls.name-mismatch",
        "Hostname/IP does not match certificate's altnames",
        "Error [ERR_TLS_CERT_ALTNAME_INVALID]: Hostname/IP does not match certificate's "
        "altnames: IP: 192.0.2.25 is not in the cert's list:",
    ),
    _say("tls.name-mismatch", "ERR_TLS_CERT_ALTNAME_INVALID"),
    _say(
        "tls.wrong-mode",
        "ERR_SSL_WRONG_VERSION_NUMBER",
        "code: 'ERR_SSL_WRONG_VERSION_NUMBER'",
        "tls.version-too-old",
        "smtp.not-smtp",
    ),
    _say("tls.wrong-mode", "ERR_SSL_PACKET_LENGTH_TOO_LONG"),
    _say("tls.dh-too-small", "ERR_SSL_DH_KEY_TOO_SMALL"),
    _say(
        "tls.dh-too-small",
        "ERR_TLS_DH_PARAM_SIZE",
        "Error [ERR_TLS_DH_PARAM_SIZE]: DH parameter size 1024 is less than 2048",
    ),
    _say("tls.version-too-old", "ERR_SSL_UNSUPPORTED_PROTOCOL"),
    _say("tls.version-too-old", "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION"),
    _say(
        "tls.no-shared-cipher",
        "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
        "",
        "tls.client-certificate-required",
        "tls.version-too-old",
    ),
    _say(
        "tls.handshake-dropped",
        "Client network socket disconnected before secure TLS connection was established",
        "Error: Client network socket disconnected before secure TLS connection was established",
    ),
    _say(
        "tcp.refused",
        "connect ECONNREFUSED {address}:{port}",
        "Error: connect ECONNREFUSED 192.0.2.25:587",
    ),
    _say(
        "tcp.timeout",
        "connect ETIMEDOUT {address}:{port}",
        "Error: connect ETIMEDOUT 192.0.2.25:587",
    ),
    _say("tcp.unreachable", "connect ENETUNREACH", "Error: connect ENETUNREACH 2001:db8::25:587"),
    _say("tcp.unreachable", "connect EHOSTUNREACH", "Error: connect EHOSTUNREACH 192.0.2.25:587"),
    _say(
        "dns.not-found",
        "getaddrinfo ENOTFOUND {host}",
        "Error: getaddrinfo ENOTFOUND email-smtp.example.invalid",
    ),
    _say("dns.not-found", "queryA ENOTFOUND", "Error: queryA ENOTFOUND email-smtp.example.invalid"),
    _say(
        "dns.timeout",
        "getaddrinfo EAI_AGAIN {host}",
        "Error: getaddrinfo EAI_AGAIN mail.example.com",
    ),
    _say("dns.timeout", "queryA ETIMEOUT", "Error: queryA ETIMEOUT mail.example.com"),
    _mail(
        "tcp.timeout",
        "Error: Connection timeout",
        "Error: Connection timeout\n  code: 'ETIMEDOUT',\n  command: 'CONN'",
    ),
    _mail(
        "smtp.banner-timeout",
        "Greeting never received",
        "Error: Greeting never received",
        "tls.wrong-mode",
    ),
    _mail(
        "smtp.closed-early",
        "Connection closed unexpectedly",
        "Error: Connection closed unexpectedly",
        "smtp.temporary",
        vague=True,
    ),
    _mail(
        "smtp.closed-early",
        "Unexpected socket close",
        "Error: Unexpected socket close",
        "smtp.temporary",
        "tls.handshake-dropped",
        vague=True,
    ),
    _mail(
        "smtp.timeout",
        "Error: Timeout",
        "Error: Timeout\n  code: 'ETIMEDOUT'",
        "smtp.banner-timeout",
        vague=True,
    ),
    _mail(
        "smtp.starttls-refused",
        "Error upgrading connection with STARTTLS",
        "Error: Error upgrading connection with STARTTLS: 502 Command not implemented",
        "smtp.starttls-missing",
        "smtp.masked-by-firewall",
        vague=True,
    ),
    _mail(
        "smtp.starttls-refused",
        "Error initiating TLS",
        "Error: Error initiating TLS - x",
        "tls.handshake-dropped",
        vague=True,
    ),
    _mail("smtp.no-recipients", "No recipients defined", "Error: No recipients defined"),
    _mail(
        "smtp.recipient-refused",
        "Can't send mail - all recipients were rejected",
        "",
        "smtp.relay-denied",
        "smtp.greylisted",
        "smtp.temporary",
        vague=True,
    ),
    _mail("auth.rejected", "", "Error: Invalid login: 535 Authentication Credentials Invalid"),
    _mail(
        "smtp.temporary",
        "",
        "Error: Mail command failed: 451 4.4.2 Timeout waiting for data from client.",
    ),
    _mail(
        "smtp.not-smtp",
        "code: 'EPROTOCOL', response: 'SSH-",
        "code: 'EPROTOCOL', response: 'SSH-2.0-OpenSSH_9.2', command: 'CONN'",
    ),
    _mail(
        "smtp.not-smtp",
        "code: 'EPROTOCOL', response: 'HTTP/",
        "code: 'EPROTOCOL', response: 'HTTP/1.1 400 Bad Request', command: 'CONN'",
    ),
    _mail(
        "smtp.closed-early",
        "code: 'ECONNECTION', command:",
        "code: 'ECONNECTION', command: 'CONN'",
        vague=True,
    ),
    _mail(
        "smtp.closed-early",
        "code: 'ECONNECTION', response: 'undefined'",
        "code: 'ECONNECTION', response: 'undefined', command: 'CONN'",
        vague=True,
    ),
    _mail(
        "smtp.not-smtp",
        "Error: Invalid greeting. response=SSH-",
        "Error: Invalid greeting. response=SSH-2.0-OpenSSH_9.2",
    ),
    _mail(
        "smtp.not-smtp",
        "Error: Invalid greeting. response=HTTP/",
        "Error: Invalid greeting. response=HTTP/1.1 400 Bad Request",
    ),
)
