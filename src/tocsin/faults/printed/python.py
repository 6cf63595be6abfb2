"""Python: smtplib, ssl, asyncio, aiosmtplib."""

from __future__ import annotations

from tocsin.faults.printed.lumped import ALERT, NO_PATH, WHATEVER
from tocsin.faults.printed.said import of

_say = of("Python")
_mail = of("Python", anywhere=False)

PRINTED = (
    _say(
        "tls.untrusted-issuer",
        "CERTIFICATE_VERIFY_FAILED]{}unable to get local issuer certificate",
        "ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] "
        "certificate verify failed: unable to get local issuer certificate (_ssl.c:1006)",
        *NO_PATH,
    ),
    _say(
        "tls.untrusted-issuer",
        "CERTIFICATE_VERIFY_FAILED",
        "ssl.SSLError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed (_ssl.c:645)",
        *WHATEVER,
        vague=True,
    ),
    _say(
        "tls.name-mismatch",
        "Hostname mismatch, certificate is not valid for '{host}'",
        "ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify "
        "failed: Hostname mismatch, certificate is not valid for 'mail.example.com'. "
        "(_ssl.c:1006)",
    ),
    _say(
        "tls.name-mismatch",
        "IP address mismatch, certificate is not valid for '{host}'",
        "ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify "
        "failed: IP address mismatch, certificate is not valid for '192.0.2.25'. (_ssl.c:1006)",
    ),
    _say(
        "tls.name-mismatch",
        "CertificateError: hostname '{host}' doesn't match",
        "ssl.CertificateError: hostname 'mail.example.com' doesn't match 'relay.example.com'",
    ),
    _say(
        "tls.wrong-mode",
        "[SSL: WRONG_VERSION_NUMBER]",
        "ssl.SSLError: [SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)",
        "tls.version-too-old",
        "smtp.not-smtp",
    ),
    _say(
        "tls.wrong-mode",
        "[SSL: RECORD_LAYER_FAILURE]",
        "ssl.SSLError: [SSL: RECORD_LAYER_FAILURE] record layer failure (_ssl.c:1028)",
        "tls.version-too-old",
        "smtp.not-smtp",
    ),
    _say(
        "tls.dh-too-small",
        "[SSL: DH_KEY_TOO_SMALL]",
        "ssl.SSLError: [SSL: DH_KEY_TOO_SMALL] dh key too small (_ssl.c:1006)",
    ),
    _say(
        "tls.weak-key",
        "[SSL: EE_KEY_TOO_SMALL]",
        "ssl.SSLError: [SSL: EE_KEY_TOO_SMALL] ee key too small (_ssl.c:3901)",
    ),
    _say(
        "tls.no-shared-cipher",
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
        "ssl.SSLError: [SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] sslv3 alert handshake failure "
        "(_ssl.c:1006)",
        *ALERT,
    ),
    _say(
        "tls.no-shared-cipher",
        "[SSL: NO_SHARED_CIPHER]",
        "ssl.SSLError: [SSL: NO_SHARED_CIPHER] no shared cipher (_ssl.c:1006)",
    ),
    _say(
        "tls.version-too-old",
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "ssl.SSLError: [SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert protocol version "
        "(_ssl.c:1006)",
    ),
    _say(
        "tls.version-too-old",
        "[SSL: UNSUPPORTED_PROTOCOL]",
        "ssl.SSLError: [SSL: UNSUPPORTED_PROTOCOL] unsupported protocol (_ssl.c:1006)",
    ),
    _say(
        "tls.client-certificate-required",
        "ALERT_CERTIFICATE_REQUIRED",
        "smtplib.SMTPServerDisconnected: Connection unexpectedly closed: [SSL: "
        "TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required (_ssl.c:2580)",
    ),
    _say(
        "tls.handshake-dropped",
        "SSLEOFError",
        "ssl.SSLEOFError: [SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of "
        "protocol (_ssl.c:1006)",
        "smtp.closed-early",
    ),
    _say(
        "tls.handshake-dropped",
        "EOF occurred in violation of protocol",
        "ssl.SSLError: EOF occurred in violation of protocol (_ssl.c:645)",
        "smtp.closed-early",
    ),
    _say(
        "tls.handshake-dropped",
        "handshake operation timed out",
        "TimeoutError: _ssl.c:989: The handshake operation timed out",
        "smtp.timeout",
    ),
    _say(
        "tls.handshake-dropped",
        "SSL handshake is taking longer than",
        "ConnectionAbortedError: SSL handshake is taking longer than 60.0 seconds: aborting the "
        "connection",
    ),
    _say(
        "dns.not-found",
        "gaierror: [Errno -2]",
        "socket.gaierror: [Errno -2] Name or service not known",
    ),
    _say(
        "dns.not-found",
        "gaierror: [Errno -5]",
        "socket.gaierror: [Errno -5] No address associated with hostname",
    ),
    _say(
        "dns.not-found",
        "gaierror: [Errno 8]",
        "socket.gaierror: [Errno 8] nodename nor servname provided, or not known",
    ),
    _say(
        "dns.not-found",
        "gaierror: [Errno 11001]",
        "socket.gaierror: [Errno 11001] getaddrinfo failed",
    ),
    _say(
        "dns.not-found",
        "encoding with 'idna' codec failed",
        "UnicodeError: encoding with 'idna' codec failed (UnicodeError: label empty or too long)",
    ),
    _say(
        "dns.timeout",
        "gaierror: [Errno -3]",
        "socket.gaierror: [Errno -3] Temporary failure in name resolution",
    ),
    _say(
        "tcp.refused",
        "ConnectionRefusedError",
        "ConnectionRefusedError: [Errno 111] Connection refused",
    ),
    _say(
        "tcp.refused",
        "Connect call failed",
        "ConnectionRefusedError: [Errno 111] Connect call failed ('192.0.2.25', 587)",
        "tcp.timeout",
        "tcp.unreachable",
        vague=True,
    ),
    _say("tcp.unreachable", "[Errno 101]", "OSError: [Errno 101] Network is unreachable"),
    _say("tcp.unreachable", "[Errno 113]", "OSError: [Errno 113] No route to host"),
    _say("tcp.timeout", "TimeoutError: [Errno 110] Connection timed out"),
    _say(
        "tcp.timeout",
        "TimeoutError: timed out",
        "",
        "smtp.timeout",
        "smtp.banner-timeout",
        "tls.handshake-dropped",
        vague=True,
    ),
    _say(
        "tcp.timeout",
        "socket.timeout: timed out",
        "",
        "smtp.timeout",
        "smtp.banner-timeout",
        "tls.handshake-dropped",
        vague=True,
    ),
    _mail(
        "tcp.timeout",
        "SMTPConnectTimeoutError",
        "aiosmtplib.errors.SMTPConnectTimeoutError: Timed out connecting to "
        "mail.example.com on port 587",
        "smtp.banner-timeout",
    ),
    _mail(
        "smtp.timeout",
        "SMTPReadTimeoutError",
        "aiosmtplib.errors.SMTPReadTimeoutError: Timed out waiting for server response",
        "smtp.banner-timeout",
    ),
    _mail(
        "smtp.timeout",
        "SMTPServerDisconnected: Connection unexpectedly closed: timed out",
        "smtplib.SMTPServerDisconnected: Connection unexpectedly closed: timed out",
        "smtp.banner-timeout",
        "tls.wrong-mode",
    ),
    _mail(
        "smtp.closed-early",
        "SMTPServerDisconnected: Connection unexpectedly closed",
        "smtplib.SMTPServerDisconnected: Connection unexpectedly closed",
        "smtp.outcome-unknown",
        "smtp.temporary",
        "tls.client-certificate-required",
        vague=True,
    ),
    _mail(
        "smtp.closed-early",
        "SMTPServerDisconnected: Server not connected",
        "smtplib.SMTPServerDisconnected: Server not connected",
        "smtp.temporary",
        vague=True,
    ),
    _mail(
        "smtp.closed-early",
        "SMTPServerDisconnected: Unexpected EOF",
        "aiosmtplib.errors.SMTPServerDisconnected: Unexpected EOF received",
        "smtp.temporary",
        "smtp.outcome-unknown",
        vague=True,
    ),
    _mail(
        "smtp.starttls-missing",
        "STARTTLS extension not supported by server",
        "smtplib.SMTPNotSupportedError: STARTTLS extension not supported by server.",
        "smtp.masked-by-firewall",
    ),
    _mail(
        "smtp.starttls-missing",
        "SMTP STARTTLS extension not supported by server",
        "aiosmtplib.errors.SMTPException: SMTP STARTTLS extension not supported by server.",
        "smtp.masked-by-firewall",
    ),
    _mail(
        "auth.not-offered",
        "SMTP AUTH extension not supported by server",
        "smtplib.SMTPNotSupportedError: SMTP AUTH extension not supported by server.",
    ),
    _mail(
        "auth.no-mechanism",
        "No suitable authentication method found",
        "smtplib.SMTPException: No suitable authentication method found.",
    ),
    _mail(
        "smtp.not-smtp",
        "SMTPConnectError: (-1,",
        "smtplib.SMTPConnectError: (-1, b'2.0-OpenSSH_9.2p1')",
    ),
    _mail(
        "smtp.not-smtp",
        "SMTPServerDisconnected: Malformed SMTP response",
        "aiosmtplib.errors.SMTPServerDisconnected: Malformed SMTP response line",
    ),
    _mail(
        "smtp.recipient-refused",
        "SMTPRecipientsRefused",
        "smtplib.SMTPRecipientsRefused: {'op@example.net': (550, b'5.1.1 User unknown')}",
        "smtp.relay-denied",
        "smtp.greylisted",
        "smtp.temporary",
        "smtp.address-syntax",
        vague=True,
    ),
    _say(
        "smtp.timeout",
        "The read operation timed out",
        "TimeoutError: The read operation timed out",
        "smtp.banner-timeout",
    ),
    _mail(
        "auth.not-offered",
        "The SMTP AUTH extension is not supported by this server",
        "aiosmtplib.errors.SMTPException: The SMTP AUTH extension is not supported by this server.",
    ),
)
