"""What a relay's refusal means: its words first, then its codes.

Amazon SES is known by its words; other relays by the stage, the reply code (RFC 5321
section 4.2), the enhanced status code (RFC 3463, RFC 4954 section 6, RFC 7372) and the
words that the common mail servers use. Where a relay is not clear, the meaning is the one
under which no mail is lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tocsin.faults.fault import Finding
from tocsin.faults.refusal import Refusal
from tocsin.faults.sesreply import recognise_ses

_LONGEST = 4_000
"""Characters of a reply that are looked at: it comes from outside, and may be of any size."""


def recognise(
    stage: str,
    code: int,
    enhanced: str | None,
    text: str,
    *,
    sender: str | None = None,
    recipients: tuple[str, ...] = (),
) -> Finding:
    """The fault behind an SMTP error reply, with the facts that stand in it.

    A finding of scope recipient names those it is about in its fact ``recipients``
    (joined by ", "), as far as they can be told.

    Args:
        stage: ``greeting``, ``ehlo``, ``starttls``, ``auth``, ``mail``, ``rcpt``, ``data``,
            ``body`` (the reply after the final dot), ``rset`` or ``quit``.
        code: the reply code, 400 to 599.
        enhanced: the enhanced status code such as ``5.7.1``, when there was one.
        text: the reply's words without the codes; several lines are taken as one.
        sender: the envelope's sender, to tell its refusal from a recipient's.
        recipients: the envelope's recipients, likewise.
    """
    refusal = Refusal(stage, code, enhanced or "", _on_one_line(text), sender, recipients)
    return recognise_ses(refusal) or _by_code(refusal)


def recognise_words(
    code: int,
    enhanced: str,
    text: str,
    *,
    sender: str | None = None,
    recipients: tuple[str, ...] = (),
) -> Finding | None:
    """The fault behind a reply of which the stage is not known; None if its words leave it open.

    A code of 0 stands for words that are quoted without one.
    """
    refusal = Refusal("", code, enhanced, _on_one_line(text), sender, recipients)
    found = recognise_ses(refusal)
    if found is not None:
        return found
    for row in _TABLE:
        if row.tells and row.fits(refusal, stage=False):
            fault = "smtp.recipient-refused" if row.fault == _RECIPIENT_AT_END else row.fault
            return refusal.finding(fault)
    return None


def _on_one_line(text: str) -> str:
    words = " ".join(text[: _LONGEST + 1].split())
    return words[:_LONGEST] + "..." if len(text) > _LONGEST else words


def _by_code(refusal: Refusal) -> Finding:
    row = next(row for row in _TABLE if row.fits(refusal))
    if row.fault != _RECIPIENT_AT_END:
        return refusal.finding(row.fault)
    about = _named(refusal)
    if not about:
        return refusal.finding("smtp.content-rejected")
    return refusal.finding("smtp.recipient-refused", refusal.about(about))


def _named(refusal: Refusal) -> tuple[str, ...]:
    """The recipients whom a refusal of the whole message is about, if that can be told."""
    if len(refusal.recipients) == 1:
        return refusal.recipients
    said = refusal.words.casefold()
    return tuple(one for one in refusal.recipients if one.casefold() in said)


_RECIPIENT_AT_END = "(a recipient refused at the end)"


@dataclass(frozen=True, slots=True)
class _Row:
    """A meaning, and the conditions under which a refusal has it; an empty one always holds."""

    fault: str
    stages: str = ""
    codes: str = ""
    """A pattern that the whole reply code fits."""
    details: str = ""
    """A pattern that subject and detail of the enhanced status code fit."""
    words: str = ""
    """A pattern found in the words."""

    @property
    def tells(self) -> bool:
        """Whether its words or details mean the same at whatever stage of a transaction."""
        known = self.fault != "unknown" and "greeting" not in self.stages
        return known and bool(self.words or self.details)

    def fits(self, refusal: Refusal, *, stage: bool = True) -> bool:
        return (
            (not stage or not self.stages or refusal.stage in self.stages.split())
            and (not self.codes or re.fullmatch(self.codes, str(refusal.code)) is not None)
            and (not self.details or re.fullmatch(self.details, refusal.detail) is not None)
            and (not self.words or re.search(self.words, refusal.words, re.IGNORECASE) is not None)
        )


_ENVELOPE = "mail rcpt"
_TRANSACTION = "mail rcpt data body"
_END = "data body"

_TABLE = (
    _Row("smtp.starttls-refused", "starttls"),
    # Some servers judge the name of EHLO only when something else is asked of them.
    _Row("smtp.greeting-refused", "auth", codes="5..", words="helo command rejected"),
    # AUTH (RFC 4954 section 6)
    _Row("smtp.starttls-required", "auth", codes="530|538"),
    _Row("smtp.starttls-required", "auth", details=r"7\.11"),
    _Row("auth.rejected", "auth", codes="5..", words="password required|web ?login"),
    _Row("auth.no-mechanism", "auth", codes="504|534"),
    _Row("auth.not-offered", "auth", codes="500|502|503"),
    _Row("auth.temporary", "auth", codes="4.."),
    _Row("auth.rejected", "auth"),
    # Before the envelope
    _Row(
        "smtp.temporary",
        "greeting ehlo",
        codes="4..",
        words="shut(ting)? ?down|not available|unavailable|system failure|restart",
    ),
    _Row("smtp.too-many-connections", "greeting", codes="421"),
    _Row("smtp.too-many-connections", "greeting ehlo", codes="4..", words="too many|limit"),
    _Row("smtp.temporary", "greeting ehlo", codes="4.."),
    _Row("smtp.starttls-required", "ehlo", codes="530"),
    _Row("unknown", "ehlo", codes="50[0234]"),
    _Row("smtp.greeting-refused", "greeting ehlo"),
    # What a server may say at any moment of a transaction
    _Row(
        "smtp.too-many-connections",
        codes="4..",
        words="too many (concurrent |simultaneous )?(smtp )?(connections|sessions)",
    ),
    _Row(
        "smtp.starttls-required",
        _TRANSACTION,
        words="must issue a? ?starttls|starttls (is )?required|requires? (starttls|tls|encryption)",
    ),
    _Row("auth.required", _TRANSACTION, codes="530"),
    _Row(
        "auth.required",
        _TRANSACTION,
        words="authentication (is )?required|requires? authentication|not authenticated|"
        "authenticate first",
    ),
    _Row(
        "smtp.relay-denied",
        _TRANSACTION,
        words="relay(ing)?( access)?( is)? (denied|not permitted|not allowed|prohibited)|"
        "(unable|not (permitted|allowed)) to relay|rcpthosts",
    ),
    # Postfix tells about client, name and sender only at RCPT (smtpd_delay_reject).
    _Row(
        "smtp.greeting-refused",
        _ENVELOPE,
        words="client host.* (rejected|blocked)|helo command rejected|blocked using|block ?list|"
        "blacklist",
    ),
    _Row(
        "smtp.sender-refused",
        _TRANSACTION,
        words="sender address rejected|sender (is )?(denied|refused|rejected|not allowed)|"
        "send as this sender|not owned by user",
    ),
    _Row("smtp.sender-refused", _TRANSACTION, codes="5..", details=r"1\.[78]|7\.2[0-6]"),
    _Row("smtp.too-many-recipients", _TRANSACTION, words="too many recipients"),
    _Row("smtp.too-many-recipients", _TRANSACTION, details=r"5\.3"),
    # 4yz: the same again, later
    _Row("smtp.greylisted", "rcpt data body", codes="4..", words="gr[ae]y-?list"),
    _Row("smtp.temporary", codes="4.."),
    # 5yz: a full mailbox is no large message (RFC 3463 section 3.3)
    _Row("smtp.recipient-refused", "rcpt", codes="552", details=r"2\.2"),
    _Row(_RECIPIENT_AT_END, _END, details=r"1\.[126]|2\.[12]"),
    _Row("smtp.message-too-large", _TRANSACTION, details=r"2\.3|3\.4"),
    _Row("smtp.message-too-large", "mail data body", codes="552"),
    _Row("smtp.no-recipients", _END, codes="503"),
    _Row("smtp.no-recipients", _END, words="no valid recipients|need rcpt"),
    _Row("smtp.content-rejected", "body"),
    _Row("smtp.address-syntax", "rcpt", codes="501|553"),
    _Row("smtp.address-syntax", "rcpt", details=r"1\.3"),
    _Row("smtp.sender-refused", "mail", codes="501"),
    # The command itself was not understood: nothing is said of the address.
    _Row("unknown", "mail rcpt data", codes="50.|555"),
    _Row("smtp.sender-refused", "mail"),
    _Row("smtp.recipient-refused", "rcpt"),
    _Row("smtp.content-rejected", "data"),
    _Row("unknown"),
)
"""Tried in this order; the last one always fits."""
