"""Common relays other than Amazon SES: what their replies say, told by words and codes."""

from __future__ import annotations

from tocsin.faults.printed.said import of

_postfix = of("Postfix as relay", anywhere=False)
_exim = of("Exim as relay", anywhere=False)
_exchange = of("Exchange", anywhere=False)
_gmail = of("Gmail", anywhere=False)
_any = of("A firewall or another service", anywhere=False)

PRINTED = (
    _postfix("smtp.relay-denied", "", "554 5.7.1 <op@example.net>: Relay access denied"),
    _postfix(
        "smtp.greylisted",
        "",
        "450 4.2.0 <op@example.net>: Recipient address rejected: "
        "Greylisted, try again in 300 seconds",
    ),
    _postfix(
        "smtp.recipient-refused",
        "",
        "550 5.1.1 <op@example.net>: Recipient address "
        "rejected: User unknown in local recipient table",
    ),
    _postfix(
        "smtp.sender-refused",
        "",
        "553 5.7.1 <alarm@example.org>: Sender address rejected: not owned by user soc",
    ),
    _postfix("smtp.message-too-large", "", "552 5.3.4 Message size exceeds fixed limit"),
    _postfix("smtp.too-many-recipients", "", "452 4.5.3 Error: too many recipients"),
    _postfix("smtp.starttls-required", "", "530 5.7.0 Must issue a STARTTLS command first"),
    _postfix(
        "smtp.too-many-connections",
        "",
        "421 4.7.0 mail.example.com Error: too many connections from 198.51.100.9",
    ),
    _postfix("auth.rejected", "", "535 5.7.8 Error: authentication failed: authentication failure"),
    _postfix("smtp.no-recipients", "", "554 5.5.1 Error: no valid recipients"),
    _exim("smtp.relay-denied", "", "550 relay not permitted"),
    _exim("auth.rejected", "", "535 Incorrect authentication data"),
    _exchange(
        "smtp.relay-denied", "", "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain"
    ),
    _exchange(
        "smtp.sender-refused",
        "",
        "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
    ),
    _exchange(
        "auth.required",
        "",
        "530 5.7.57 SMTP; Client was not authenticated to send anonymous mail during MAIL FROM",
    ),
    _gmail(
        "auth.rejected",
        "",
        "535-5.7.8 Username and Password not accepted. For more "
        "information, go to\n535 5.7.8 https://support.google.com/mail/?p=BadCredentials",
    ),
    _postfix("smtp.relay-denied", "Relay access denied"),
    _postfix("smtp.greylisted", "Greylisted, try again"),
    _any("smtp.masked-by-firewall", "\n220 ****", "220 ************************************"),
    _any("smtp.masked-by-firewall", "\n250-XXXXXXXA", "250-XXXXXXXA"),
    _any("smtp.not-smtp", "\nSSH-2.0-", "SSH-2.0-OpenSSH_9.2"),
    _any(
        "smtp.recipient-refused",
        "Recipient address rejected: ",
        "Recipient address rejected: user unknown",
    ),
    _any(
        "smtp.sender-refused",
        "Sender address rejected: ",
        "Sender address rejected: not owned by user",
    ),
)
