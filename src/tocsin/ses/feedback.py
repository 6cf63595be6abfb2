"""From events to the receipt of each recipient, and to plain words.

Events come in any order and more than once. What is known of a recipient is therefore the
highest of all that was said, by one order that no event can turn back.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from tocsin.base.clock import Instant
from tocsin.ses.event import Event, EventKind


class Standing(StrEnum):
    """What is known of a mail to one recipient, the later ones outranking the earlier."""

    DELAYED = "delayed"
    ARRIVED = "arrived"
    BOUNCED = "bounced"
    """It did not arrive, for a reason that may pass, or that nobody named."""
    UNDELIVERABLE = "undeliverable"
    """It did not arrive, and nothing sent there will."""
    COMPLAINED = "complained"
    """It arrived, and the recipient called it junk."""


RANK = {standing: rank for rank, standing in enumerate(Standing)}

RECEIPT = {
    Standing.DELAYED: "none",
    Standing.ARRIVED: "arrived",
    Standing.BOUNCED: "bounced",
    Standing.UNDELIVERABLE: "bounced",
    Standing.COMPLAINED: "complained",
}
"""The four words of the contract."""

FLAGGED = frozenset({Standing.UNDELIVERABLE, Standing.COMPLAINED})
"""What makes an address one that somebody must look after."""


class Receipt(NamedTuple):
    """What is known of a mail to one recipient, and what said so."""

    standing: Standing
    at: Instant
    type: str
    subtype: str
    code: str | None
    detail: str


def receipts(event: Event) -> Iterator[tuple[str, Receipt]]:
    """Each recipient that an event names, with what it says of it."""
    standing = _standing(event)
    for fate in event.fates:
        yield (
            fate.address,
            Receipt(standing, event.at, event.type, event.subtype, fate.code, fate.detail),
        )


def _standing(event: Event) -> Standing:
    match event.kind:
        case EventKind.DELIVERY:
            return Standing.ARRIVED
        case EventKind.BOUNCE if event.type == "Permanent":
            return Standing.UNDELIVERABLE
        case EventKind.BOUNCE | EventKind.REJECT:
            return Standing.BOUNCED
        case EventKind.COMPLAINT:
            return Standing.COMPLAINED
    return Standing.DELAYED


def fold(known: Receipt | None, told: Receipt) -> Receipt:
    """The higher of the two; of equals the one that happened first. The order is no matter."""
    if known is None or _order(told) > _order(known):
        return told
    return known


def _order(one: Receipt) -> tuple[int, Instant, str, str, str, str]:
    return (RANK[one.standing], -one.at, one.type, one.subtype, one.code or "", one.detail)


def explain(one: Receipt) -> str:
    """A receipt in plain words, a sentence or two."""
    said = f" The server said: {one.detail}" if one.detail else ""
    match one.standing:
        case Standing.DELAYED:
            return _DELAYS.get(one.type, _DELAYS["Undetermined"]) + said
        case Standing.ARRIVED:
            return f"The recipient's server took the mail.{said}"
        case Standing.COMPLAINED:
            return _complaint(one)
        case _ if not one.type:
            return f"Amazon SES did not send the mail: {one.detail or 'it gave no reason'}."
    cause = _BOUNCES.get((one.type, one.subtype)) or _BOUNCES[one.type, ""]
    words = status_words(one.code)
    return f"{cause}{f' {one.code}: {words}' if words else ''}{said}"


def _complaint(one: Receipt) -> str:
    if one.subtype == "OnAccountSuppressionList":
        return (
            "Amazon SES did not send the mail: the recipient has complained before and is on the "
            "account's suppression list."
        )
    kind = _COMPLAINTS.get(one.type, "")
    return f"The mail arrived, and the recipient reported it{kind}."


_BOUNCES = {
    ("Permanent", ""): "The recipient's server refuses mail to this address for good.",
    ("Permanent", "General"): "The recipient's server refuses mail to this address for good.",
    ("Permanent", "NoEmail"): "No address of a recipient could be read out of the bounce.",
    ("Permanent", "Suppressed"): "Amazon SES did not send the mail: the address bounced for "
    "others lately and is on the global suppression list.",
    ("Permanent", "OnAccountSuppressionList"): "Amazon SES did not send the mail: the address is "
    "on the account's suppression list.",
    ("Permanent", "UnsubscribedRecipient"): "Amazon SES did not send the mail: the recipient has "
    "unsubscribed.",
    ("Transient", ""): "The recipient's server did not take the mail this time.",
    ("Transient", "General"): "The recipient's server did not take the mail this time; an "
    "automatic answer of an absent recipient counts as this too.",
    ("Transient", "MailboxFull"): "The recipient's mailbox is full.",
    ("Transient", "MessageTooLarge"): "The mail is too large for the recipient's server.",
    ("Transient", "ContentRejected"): "The recipient's server refuses the mail's content.",
    ("Transient", "AttachmentRejected"): "The recipient's server refuses an attachment.",
    ("Undetermined", ""): "The mail came back, and Amazon SES could not tell why.",
}
"""Type and subtype of a bounce → what happened; a subtype that is not known counts as none."""

_COMPLAINTS = {
    "abuse": " as junk",
    "fraud": " as fraud",
    "virus": " as carrying a virus",
    "auth-failure": " for failing authentication (DKIM or SPF)",
}

_DELAYS = {
    "InternalFailure": "Amazon SES has trouble of its own and tries again.",
    "General": "The recipient's server put the mail off; Amazon SES tries again.",
    "MailboxFull": "The recipient's mailbox is full; Amazon SES tries again.",
    "SpamDetected": "The recipient's server had much junk from this account; SES tries again.",
    "RecipientServerError": "The recipient's server has a temporary fault; SES tries again.",
    "IPFailure": "The recipient's server blocks the address that SES sent from, or slows it.",
    "TransientCommunicationFailure": "The connection to the recipient's server broke.",
    "BYOIPHostNameLookupUnavailable": "The host name of your own sending addresses was not found.",
    "SendingDeferral": "Amazon SES itself has put the mail off.",
    "Undetermined": "The mail is delayed, and Amazon SES could not tell why; it tries again.",
}


def status_words(code: str | None) -> str:
    """An enhanced status code (RFC 3463 section 3) in plain words; empty when it says nothing."""
    if code is None:
        return ""
    _, subject, detail = code.split(".", 2)
    known = _STATUS.get(f"{subject}.{detail}")
    return known or _SUBJECTS.get(subject, "")


_STATUS = {
    "1.0": "something about the address is wrong.",
    "1.1": "the mailbox does not exist.",
    "1.2": "the domain does not exist or takes no mail.",
    "1.3": "the address is not written as one.",
    "1.4": "the address fits several mailboxes.",
    "1.6": "the mailbox has moved, and left no new address.",
    "1.7": "the sender's address is not written as one.",
    "1.8": "the sender's domain does not exist or takes no mail.",
    "1.10": "the domain says that it takes no mail (null MX).",
    "2.0": "something about the mailbox is wrong.",
    "2.1": "the mailbox is switched off.",
    "2.2": "the mailbox is full.",
    "2.3": "the mail is larger than the mailbox takes.",
    "2.4": "the mailing list has trouble.",
    "3.0": "the recipient's mail system has trouble.",
    "3.1": "the recipient's mail system is full.",
    "3.2": "the recipient's mail system takes no mail now.",
    "3.4": "the mail is larger than the recipient's system takes.",
    "4.0": "something on the way is wrong.",
    "4.1": "the recipient's server does not answer.",
    "4.2": "the connection to the recipient's server broke.",
    "4.3": "a name server or another service on the way fails.",
    "4.4": "no way to the recipient's server was found.",
    "4.5": "the recipient's server has too much to do.",
    "4.6": "the mail went round in a circle.",
    "4.7": "it was tried for too long.",
    "5.0": "the servers did not understand each other.",
    "5.3": "there are too many recipients.",
    "6.0": "the mail's content is not taken.",
    "7.0": "it is a matter of the recipient's policy.",
    "7.1": "the recipient's policy refuses the mail.",
    "7.2": "the sender may not write to this mailing list.",
    "7.20": "no DKIM signature passed, and the recipient asks for one.",
    "7.23": "SPF failed, and the recipient asks for it.",
    "7.25": "the sending address has no reverse name that fits.",
    "7.26": "neither SPF nor DKIM passed (DMARC), and the recipient asks for one.",
}
"""Subject and detail → meaning (RFC 3463; 1.10, 7.20 to 7.26: RFC 7505, 7372)."""

_SUBJECTS = {
    "1": "something about the address is wrong.",
    "2": "something about the mailbox is wrong.",
    "3": "the recipient's mail system has trouble.",
    "4": "something on the way is wrong.",
    "5": "the servers did not understand each other.",
    "6": "the mail's content is not taken.",
    "7": "it is a matter of the recipient's policy.",
}
