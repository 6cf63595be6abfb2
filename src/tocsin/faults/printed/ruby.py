"""Ruby: net-smtp, openssl."""

from __future__ import annotations

from tocsin.faults.printed.lumped import WHATEVER
from tocsin.faults.printed.said import of

_say = of("Ruby")
_mail = of("Ruby", anywhere=False)

PRINTED = (
    _say(
        "tls.untrusted-issuer",
        "SSL_connect returned=1 errno=0 {}certificate verify failed "
        "(unable to get local issuer certificate)",
        "OpenSSL::SSL::SSLError: SSL_connect "
        "returned=1 errno=0 peeraddr=192.0.2.25:465 state=error: certificate verify failed "
        "(unable to get local issuer certificate)",
        "tls.incomplete-chain",
        "tls.intercepted",
    ),
    _say(
        "tls.untrusted-issuer",
        "SSL_connect returned=1 errno=0 {}certificate verify failed",
        "OpenSSL::SSL::SSLError: SSL_connect returned=1 errno=0 state=error: certificate verify "
        "failed",
        *WHATEVER,
        vague=True,
    ),
    _say(
        "tls.name-mismatch",
        'hostname "{host}" does not match the server certificate',
        'OpenSSL::SSL::SSLError: hostname "mail.example.com" does not match the server certificate',
    ),
    _say(
        "tls.handshake-dropped",
        "SSL_connect SYSCALL returned=5",
        "OpenSSL::SSL::SSLError: SSL_connect SYSCALL returned=5 errno=0 state=SSLv3/TLS write "
        "client hello",
        "smtp.closed-early",
    ),
    _mail(
        "tcp.timeout",
        "Net::OpenTimeout: ",
        "Net::OpenTimeout: execution expired",
        "smtp.banner-timeout",
        "tls.handshake-dropped",
    ),
    _mail(
        "smtp.timeout",
        "Net::ReadTimeout",
        "Net::ReadTimeout: Net::ReadTimeout with #<TCPSocket:(closed)>",
        "smtp.banner-timeout",
        "tls.wrong-mode",
    ),
    _mail(
        "smtp.closed-early",
        "EOFError: end of file reached",
        "EOFError: end of file reached",
        vague=True,
    ),
    _mail(
        "smtp.starttls-missing",
        "STARTTLS is not supported on this server",
        "Net::SMTPUnsupportedCommand: STARTTLS is not supported on this server",
        "smtp.masked-by-firewall",
    ),
    _mail(
        "auth.rejected", "", "Net::SMTPAuthenticationError: 535 Authentication Credentials Invalid"
    ),
    _mail(
        "smtp.content-rejected",
        "",
        "Net::SMTPFatalError (554 Transaction failed: Missing final '@domain')",
    ),
    _say(
        "smtp.closed-early",
        "SSL_read: unexpected eof while reading",
        "SSL_read: unexpected eof while reading (OpenSSL::SSL::SSLError)",
    ),
    _say(
        "tls.handshake-dropped",
        "Connection reset by peer - SSL_connect",
        "Connection reset by peer - SSL_connect (Errno::ECONNRESET)",
    ),
    _mail("smtp.closed-early", "end of file reached (EOFError)"),
    _say(
        "tls.wrong-mode",
        "SSL_connect returned={}unknown protocol",
        "OpenSSL::SSL::SSLError: "
        "SSL_connect returned=1 errno=0 state=unknown state: unknown protocol",
    ),
    _mail(
        "smtp.not-smtp",
        "(Net::SMTPUnknownError)",
        "HTTP/1.1 400 Bad Request (Net::SMTPUnknownError)",
    ),
)
