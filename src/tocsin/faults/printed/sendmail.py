"""sendmail."""

from __future__ import annotations

from tocsin.faults.printed.said import of

_say = of("sendmail", anywhere=False)
_S = "sendmail[811]: 5AP4abcd000811: to=<op@example.net>, mailer=relay, relay="

PRINTED = (
    _say(
        "tcp.refused",
        "stat=Deferred: Connection refused by {host}",
        _S + "mail.example.com. [192.0.2.25], dsn=4.0.0, stat=Deferred: Connection refused by "
        "mail.example.com.",
    ),
    _say(
        "tcp.timeout",
        "stat=Deferred: Connection timed out with {host}",
        _S + "mail.example.com. [192.0.2.25], dsn=4.0.0, stat=Deferred: Connection timed out "
        "with mail.example.com.",
    ),
    _say(
        "smtp.closed-early",
        "stat=Deferred: Connection reset by {host}",
        _S + "mail.example.com., dsn=4.0.0, stat=Deferred: Connection reset by mail.example.com.",
        "tls.handshake-dropped",
    ),
    _say(
        "dns.timeout",
        "stat=Deferred: Name server: {host}: host name lookup failure",
        _S + "mail.example.com., dsn=4.0.0, stat=Deferred: Name server: mail.example.com.: host "
        "name lookup failure",
    ),
    _say(
        "dns.not-found",
        "Host unknown (Name server: {host}: host not found)",
        _S + "email-smtp.example.invalid, dsn=5.1.2, stat=Host unknown (Name server: "
        "email-smtp.example.invalid: host not found)",
    ),
    _say(
        "auth.no-mechanism",
        "AUTH=client, available mechanisms do not fulfill requirements",
        "sendmail[811]: AUTH=client, available mechanisms do not fulfill requirements",
    ),
    _say(
        "smtp.recipient-refused",
        "stat=User unknown",
        _S + "mail.example.com. [192.0.2.25], dsn=5.1.1, stat=User unknown",
    ),
)
