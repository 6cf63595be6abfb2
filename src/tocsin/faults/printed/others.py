"""Programs with fewer words: s-nail, OpenSMTPD, Perl, Zabbix."""

from __future__ import annotations

from tocsin.faults.printed.lumped import WHATEVER
from tocsin.faults.printed.said import of

_snail = of("s-nail", anywhere=False)
_opensmtpd = of("OpenSMTPD", anywhere=False)
_perl = of("Perl", anywhere=False)
_zabbix = of("Zabbix", anywhere=False)

PRINTED = (
    _snail(
        "smtp.closed-early",
        "Unexpected EOF on SMTP connection",
        "s-nail: Unexpected EOF on SMTP connection",
    ),
    _snail(
        "tls.handshake-dropped",
        "could not initiate TLS connection: error:00000000:lib(0)",
        "s-nail: could not initiate TLS connection: error:00000000:lib(0)::reason(0)",
    ),
    _snail(
        "smtp.closed-early",
        "SMTP: error:00000000:lib(0)",
        "s-nail: SMTP: error:00000000:lib(0)::reason(0)",
        "tls.handshake-dropped",
    ),
    _snail(
        "tls.name-mismatch",
        "TLS certificate does not match: {host}:{port}",
        "s-nail: TLS certificate does not match: mail.example.com:587",
    ),
    _snail("smtp.not-smtp", "SMTP server: HTTP/", "s-nail: SMTP server: HTTP/1.1 400 Bad Request"),
    _snail("smtp.not-smtp", "SMTP server: SSH-", "s-nail: SMTP server: SSH-2.0-OpenSSH_9.2"),
    _opensmtpd(
        "tcp.timeout",
        "mta error reason=Connection timeout",
        "smtpd[811]: 4c1d226c66e mta error reason=Connection timeout",
    ),
    _opensmtpd(
        "tls.untrusted-issuer",
        "mta error reason=SSL certificate check failed",
        "smtpd[811]: 4c1d226c66e mta error reason=SSL certificate check failed",
        *WHATEVER,
        vague=True,
    ),
    _perl(
        "tcp.timeout",
        "Net::SMTP: connect: timeout",
        "Net::SMTP: connect: timeout at /srv/alarm/send.pl line 9.",
    ),
    _perl(
        "auth.rejected",
        "SMTP auth() command failed",
        "MIME::Lite: SMTP auth() command failed:",
        "auth.temporary",
        vague=True,
    ),
    _zabbix(
        "auth.rejected",
        "failed to send email: Login denied",
        "",
        "auth.temporary",
        "auth.no-mechanism",
    ),
)
