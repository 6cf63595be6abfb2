"""At which step of the conversation a reply came, as the lines around it say."""

from __future__ import annotations

import re

from tocsin.faults.text.given import Given

_BEFORE, _AFTER = 400, 700
"""Characters around a reply in which its step is looked for."""

_AFTERWARDS = (
    ("in reply to end of data", "body"),
    ("in reply to sending end of data", "body"),
    ("in reply to data", "data"),
    ("in reply to rcpt to", "rcpt"),
    ("in reply to mail from", "mail"),
    ("in reply to auth", "auth"),
    ("in reply to ehlo", "ehlo"),
    ("in reply to helo", "ehlo"),
    ("in reply to starttls", "starttls"),
    ("command: 'conn'", "greeting"),
    ("command: 'auth", "auth"),
    ("command: 'mail from'", "mail"),
    ("command: 'rcpt to'", "rcpt"),
    ("command: 'data'", "body"),
    ("code: 'eauth'", "auth"),
    ("code: 'emessage'", "body"),
)
_BEFOREHAND = (
    *(
        (words, "body")
        for words in (
            "after end of data", "after sending data block", "smtpdataerror", "message failed:",
            "data not accepted", "data end command failed", "delivery failure", "data failed:",
            "-> .\n", "did not accept the mail", "while sending end of data", "after data dot",
            "smtpsendfailedexception: 55", "senddata", "data response", "close data writer",
        )
    ),
    *(
        (words, "rcpt")
        for words in (
            "after rcpt to", "after pipelined rcpt", "smtpaddressfailedexception",
            "smtprecipientsrefused", "smtprecipientrefused", "rcpt to:", "recipients failed",
            "recipient command failed", "rcpt command", "rcpt failed", "rcpt to command failed",
            "all recipients were rejected", "not accepted by the server: recipient",
            "recipient address", "invalid recipient", "smtpfailedrecipient", ">>> rcpt",
            "sending rcpt",
        )
    ),
    *(
        (words, "mail")
        for words in (
            "after mail from", "after pipelined mail", "smtpsenderrefused",
            "smtpsenderfailedexception", "mail from:", "mail command failed", "mail failed",
            "send mail command", "send mail from", "from address failed",
            "mail from command failed",
            "envelope from address", ">>> mail", "sending mail from", "set sender",
        )
    ),
    *((words, "data") for words in ("after data:", "data command failed", "send data command")),
    *(
        (words, "auth")
        for words in (
            "authenticationfailedexception", "smtpauthenticationerror", "invalid login",
            "sasl authentication failed", "authenticator failed", "-> auth", "c: auth",
            "password command failed", "username command failed", "failed to authenticate",
            "could not authenticate", "authentication failed", "authenticationexception",
            "loginauth auth:", "plainauth auth:", "after auth", "auth command", "> auth ",
            "login failed", "auth mechanism",
        )
    ),
    *(
        (words, "greeting")
        for words in (
            "refused to talk to me", "after initial connection", "smtpconnecterror",
            "got bad greeting", "invalid greeting", "initial server greeting",
        )
    ),
    *(
        (words, "ehlo")
        for words in ("after ehlo", "after helo", "smtpheloerror", "-> ehlo", "ehlo command")
    ),
    *(
        (words, "starttls")
        for words in (
            "after starttls", "-> starttls", "starttls command failed", "error initiating tls",
            "upgrading connection with starttls", "> starttls", "command starttls failed",
        )
    ),
)  # fmt: skip

_AUTH_CODES = frozenset({432, 534, 535, 538})
_SIGN_IN = re.compile(
    r"authenticat\w+ (?:failed|failure|unsuccessful|credentials|data|rejected|mechanism)|"
    r"authentication (?:is )?not (?:supported|enabled|available)|user ?name and password|"
    r"bad credentials|invalid (?:credentials|login|user ?name)",
    re.IGNORECASE,
)
_ENVELOPE = re.compile(
    r"user unknown|unknown user|no such (?:user|recipient|mailbox|person)|mailbox|does not exist|"
    r"doesn'?t exist|unknown (?:recipient|address|local)|(?:recipient|address) (?:address )?"
    r"(?:rejected|unknown|not found)|invalid recipient|over quota|not a known user|"
    r"account (?:is )?(?:disabled|inactive)|client host|helo command|block ?list|blocked using",
    re.IGNORECASE,
)
_CONTENT = re.compile(
    r"\bspam|\bvirus|malware|content|\bdmarc\b|\bdkim\b|header|unsolicited|message (?:was )?"
    r"(?:rejected|refused|blocked)|attachment|line too long|bare (?:lf|cr|newline)",
    re.IGNORECASE,
)


def named(given: Given, start: int, end: int) -> str:
    """The step that the words around a reply name; empty when they name none."""
    after = given.low[end : end + _AFTER]
    line_end = after.find("\n")
    near = [(after.find(words), step) for words, step in _AFTERWARDS]
    near = [(place, step) for place, step in near if place >= 0]
    if near and min(near)[0] <= max(line_end, 3):
        return min(near)[1]
    before = given.low[max(0, start - _BEFORE) : start]
    place, step = max((before.rfind(words), step) for words, step in _BEFOREHAND)
    if place >= 0:
        return step
    return min(near)[1] if near else ""


def deduced(code: int, enhanced: str, words: str) -> str:
    """The step at which such a reply is given, where there is only one; else empty."""
    detail = enhanced.partition(".")[2]
    return next(
        (
            step
            for step, codes, details, pattern in _DEDUCED
            if (not codes or code in codes)
            and (not details or details.match(detail))
            and (not pattern or pattern.search(words))
        ),
        "",
    )


def _any_case(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_DEDUCED = (
    ("mail", {530}, None, None),
    ("auth", _AUTH_CODES, None, None),
    ("auth", None, _any_case(r"7\.[89]$"), None),
    ("auth", None, None, _SIGN_IN),
    ("mail", None, None, _any_case(r"invalid mail from|> invalid email address")),
    ("auth", {454}, None, _any_case(r"authenticat")),
    ("starttls", {454, 502}, None, _any_case(r"starttls|^tls ")),
    ("rcpt", None, _any_case(r"1\.|2\.[12]"), None),
    ("rcpt", None, None, _ENVELOPE),
    ("body", {552}, None, None),
    ("body", {550, 554}, None, _CONTENT),
    ("body", None, _any_case(r"6\."), None),
)
"""Step, codes, subject and detail of the enhanced code, words: tried in this order."""
