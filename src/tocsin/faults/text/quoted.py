"""What the replies quoted in a text mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from tocsin.faults.fault import Finding
from tocsin.faults.refusal import Refusal
from tocsin.faults.replies import recognise, recognise_words
from tocsin.faults.sesreply import recognise_ses
from tocsin.faults.text.candidate import Candidate
from tocsin.faults.text.drawn import recipient_of, sender_of
from tocsin.faults.text.given import Given
from tocsin.faults.text.reply import Quoted, bare, code_beside, replies
from tocsin.faults.text.stage import deduced, named

_MAIL = re.compile(
    r"smtp|mail|rcpt|recipient|sender|ehlo|relay|postfix|exim|sasl|starttls|dsn=|said:|"
    r"in reply to|server response|login|\bauth|<[*~-]",
    re.IGNORECASE,
)
_TEMPORARY_KEY = re.compile(r"\bASIA[A-Z0-9]{16}\b")

# What SES says, quoted without a code: by its API, by libraries that print the words alone.
_SES_WORDS = (
    "email address is not verified", "sending paused for", "sending suspended for",
    "maximum sending rate exceeded", "daily message quota exceeded",
    "maximum sigv2 smtp sending rate exceeded", "configuration set does not exist",
    "configuration set <", "mail from domain not verified", "is not authorized to perform `ses:",
    "is not authorized to perform 'ses:", "account not subscribed to ses",
    "authentication credentials invalid", "maximum message count per session reached",
    "invalid mail from address provided", "must issue a starttls command first",
    "too many concurrent smtp connections", "timeout waiting for data from client",
    "service not available, closing transmission channel", "temporary service failure",
    "transaction failed: recipient count exceeds", "address blacklisted", "message is too long",
)  # fmt: skip
_INTRODUCES = ":\"'(<>[]={,*~-"
"""What a program sets before a reply that it quotes."""
_SAYING = re.compile(r"(?:said|replied|answered|returned|response|reply)$", re.IGNORECASE)
_WORDS = re.compile(r"[<\w][^\n]*[ .][^\n]*\w|[^\x00-\x7f]")
_OPENINGS = (
    "access denied: user",
    "user `arn:",
    "message rejected: ",
    "throttling failure: ",
    "transaction failed: ",
)
_LEAD = 250
_LONGEST = 2_000
_MOST_TOLD = 300
_PERMANENT = 500
_OUTSIDE_A_TRANSACTION = frozenset({"smtp.recipient-refused", "smtp.greylisted",
                                    "smtp.relay-denied", "smtp.address-syntax"})  # fmt: skip


def of_replies(given: Given) -> list[Candidate]:
    """The faults behind the SMTP replies in the text."""
    found = [one for reply in replies(given) if (one := _meaning(given, reply)) is not None]
    for one in _bare(given):
        if not any(other.start <= one.start < other.end for other in found):
            found.append(one)
    return found


def _meaning(given: Given, reply: Quoted) -> Candidate | None:
    told = named(given, reply.start, reply.end)
    stage = told or deduced(reply.code, reply.enhanced, reply.words)
    if not _is_credible(given, reply, told, stage):
        return None
    sender = sender_of(given, reply.start, reply.end)
    recipient = recipient_of(given, reply.start, reply.end)
    recipients = (recipient,) if recipient else ()
    words = reply.words
    if stage:
        finding: Finding | None = recognise(
            stage, reply.code, reply.enhanced or None, words, sender=sender, recipients=recipients
        )
    else:
        finding = recognise_words(
            reply.code, reply.enhanced, words, sender=sender, recipients=recipients
        )
    if finding is None and reply.code < _PERMANENT:
        # "Later", whatever it is about (RFC 5321 section 4.2.1); other words may tell more.
        finding = Finding("smtp.temporary", {"reply": _told(reply, stage)})
        return replace(_candidate(given, reply.start, reply.end, finding, recipient), vague=True)
    if finding is None or finding.code == "unknown":
        said = {"reply": _told(reply, stage)}
        return Candidate("unknown", reply.start, reply.end, said, vague=True)
    return _candidate(given, reply.start, reply.end, finding, recipient)


def _told(reply: Quoted, stage: str) -> str:
    words = reply.words[:_MOST_TOLD]
    return Refusal(stage, reply.code, reply.enhanced, words, None, ()).reply


def _is_credible(given: Given, reply: Quoted, told: str, stage: str) -> bool:
    """Whether the number is a mail server's reply and no other number of a log.

    `told` is the step that the lines around it name; `stage` may be deduced.
    """
    if reply.alone or reply.enhanced:
        return True
    if recognise_ses(Refusal(stage, reply.code, "", reply.words, None, ())) is not None:
        return True
    start, end = given.line_of(reply.start)
    before = given.text[start : reply.start].rstrip()
    if before and before[-1] not in _INTRODUCES and not _SAYING.search(before[-20:]):
        return False
    if not told and not _WORDS.match(reply.words):
        return False
    line = given.text[max(start, reply.start - 1_000) : min(end, reply.end + 1_000)]
    return _MAIL.search(line) is not None or bool(stage and _MAIL.search(given.text[:20_000]))


def _bare(given: Given) -> Iterator[Candidate]:
    for words in _SES_WORDS:
        start = given.low.find(words)
        if start < 0:
            continue
        # "Message rejected: Email address ..." and the like begin earlier.
        openings = (given.low.rfind(one, max(0, start - _LEAD), start) for one in _OPENINGS)
        start = min((place for place in openings if place >= 0), default=start)
        _, line_end = given.line_of(start)
        text = given.text[start : min(line_end, start + _LONGEST)]
        text = re.split(r" SMTP (?:error )?code:|\"[,}]|'[,})]| \(in reply to|</", text)[0]
        code = code_beside(given, start)
        recipient = recipient_of(given, start, start + len(text))
        finding = recognise_words(
            code,
            "",
            bare(text),
            sender=sender_of(given, start, start + len(text)),
            recipients=(recipient,) if recipient else (),
        )
        if finding is not None:
            yield _candidate(given, start, start + len(text), finding, recipient)


def _candidate(
    given: Given, start: int, end: int, finding: Finding, recipient: str | None
) -> Candidate:
    code, facts = finding.code, {**finding.facts}
    facts = {name: value for name, value in facts.items() if value and name != "recipients"}
    also: frozenset[str] = frozenset()
    if code == "ses.identity-not-verified":
        identities = [one for one in facts.get("identities", "").split(", ") if _is_identity(one)]
        facts["identities"] = ", ".join(identities)
        also = frozenset({"ses.sandbox-recipient"})
        sender = (sender_of(given, start, end) or "").casefold()
        if sender and identities and all(_names(sender, one) for one in identities):
            also = frozenset()
    elif code == "auth.rejected" and _TEMPORARY_KEY.search(given.text):
        code = "auth.temporary-credentials"
    elif code in _OUTSIDE_A_TRANSACTION and recipient:
        facts.setdefault("recipient", recipient)
    facts = {name: value for name, value in facts.items() if value}
    return Candidate(code, start, end, facts, also)


def _is_identity(text: str) -> bool:
    return "{" not in text and ("@" in text or "." in text)


def _names(sender: str, identity: str) -> bool:
    return identity.casefold() in {sender, sender.rpartition("@")[2]}
