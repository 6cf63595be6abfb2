"""One event that Amazon SES reports of a mail: bytes of JSON into a value.

Identity notifications (`notificationType`) and event publishing (`eventType`) tell the same
under two names. Unknown fields are passed over, the fields used must be right.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from enum import StrEnum
from typing import Any

from tocsin.base.clock import Instant, parse_rfc3339

LONGEST_TEXT = 500
"""Characters of another system's words that are kept."""

_MOST_RECIPIENTS = 100
_LONGEST_ID = 100
_LONGEST_ADDRESS = 320
_CODE = re.compile(r"(?<![0-9.])([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9.])")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,280}>")


class Malformed(ValueError):
    """What came is no event of SES; the message says what is wrong with it."""


class EventKind(StrEnum):
    """What happened to a mail, as far as it says where the mail is."""

    DELIVERY = "delivery"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    DELAY = "delay"
    REJECT = "reject"


@dataclass(slots=True)  # ten thousand a second: freezing would triple what it costs to make
class Fate:
    """What an event says of one recipient. Never altered."""

    address: str
    code: str | None = None
    """Enhanced status code (RFC 3463), such as 5.1.1."""
    detail: str = ""
    """The words of the recipient's server."""


@dataclass(slots=True)
class Event:
    """One event. Never altered.

    `type` and `subtype` are those of a bounce (Permanent, General), of a delay or of a
    complaint, in the words of SES.
    """

    kind: EventKind
    ses_id: str
    """The id that SES gave in its final 250."""
    message_id: str | None
    """Message-ID as we wrote it, where SES passes headers on."""
    at: Instant
    fates: tuple[Fate, ...]
    type: str = ""
    subtype: str = ""


_IGNORED = frozenset(
    {"Send", "Open", "Click", "Subscription", "Rendering Failure", "RenderingFailure"}
)
"""Nothing that they tell says whether a mail arrived."""


def read_event(said: object) -> Event | None:
    """The event, or None when it is one that says nothing of arrival.

    Raises:
        Malformed: it is no event of SES.
    """
    if not isinstance(said, dict):
        raise Malformed("is no JSON object")
    name = said.get("eventType") or said.get("notificationType")
    if not isinstance(name, str):
        raise Malformed("has neither an eventType nor a notificationType")
    if name in _IGNORED:
        return None
    reader = _READERS.get(name)
    if reader is None:
        if name == "AmazonSnsSubscriptionSucceeded":
            return None  # what SES publishes when a topic is set for an identity
        raise Malformed("has no eventType or notificationType that is known")
    mail = said.get("mail")
    if not isinstance(mail, dict):
        raise Malformed("has no mail")
    ses_id = mail.get("messageId")
    if not isinstance(ses_id, str) or not 0 < len(ses_id) <= _LONGEST_ID:
        raise Malformed("has no mail.messageId")
    if not ses_id.isascii() or not ses_id.isprintable():
        raise Malformed("has no mail.messageId")
    return reader(said, mail, ses_id)


def _delivery(said: Mapping[str, Any], mail: Mapping[str, Any], ses_id: str) -> Event:
    body = _body(said, "delivery")
    words = _text(body.get("smtpResponse"))
    found = _CODE.search(words)
    code = found[1] if found else None
    addresses = _list(body, "delivery", "recipients")
    fates = tuple(Fate(_address(one), code, words) for one in addresses)
    return Event(EventKind.DELIVERY, ses_id, _own_id(mail), _time(body, mail), fates)


def _bounce(said: Mapping[str, Any], mail: Mapping[str, Any], ses_id: str) -> Event:
    body = _body(said, "bounce")
    type_ = body.get("bounceType")
    if not isinstance(type_, str) or type_ not in {"Permanent", "Transient", "Undetermined"}:
        raise Malformed("has no bounce.bounceType that is known")
    fates = tuple(map(_fate, _list(body, "bounce", "bouncedRecipients")))
    return Event(
        EventKind.BOUNCE,
        ses_id,
        _own_id(mail),
        _time(body, mail),
        fates,
        type_,
        _text(body.get("bounceSubType")),
    )


def _complaint(said: Mapping[str, Any], mail: Mapping[str, Any], ses_id: str) -> Event | None:
    body = _body(said, "complaint")
    type_ = _text(body.get("complaintFeedbackType"))
    if type_ == "not-spam":
        return None  # the recipient took the mail out of the junk folder
    fates = tuple(map(_fate, _list(body, "complaint", "complainedRecipients")))
    subtype = _text(body.get("complaintSubType"))
    at = _time(body, mail)
    return Event(EventKind.COMPLAINT, ses_id, _own_id(mail), at, fates, type_, subtype)


def _delay(said: Mapping[str, Any], mail: Mapping[str, Any], ses_id: str) -> Event:
    body = _body(said, "deliveryDelay")
    fates = tuple(map(_fate, _list(body, "deliveryDelay", "delayedRecipients")))
    type_ = _text(body.get("delayType"))
    return Event(EventKind.DELAY, ses_id, _own_id(mail), _time(body, mail), fates, type_)


def _reject(said: Mapping[str, Any], mail: Mapping[str, Any], ses_id: str) -> Event:
    body = _body(said, "reject")
    words = _text(body.get("reason"))
    fates = tuple(Fate(_address(one), None, words) for one in _list(mail, "mail", "destination"))
    return Event(EventKind.REJECT, ses_id, _own_id(mail), _time(body, mail), fates)


_READERS = {
    "Delivery": _delivery,
    "Bounce": _bounce,
    "Complaint": _complaint,
    "DeliveryDelay": _delay,
    "Reject": _reject,
}


def _body(said: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    body = said.get(name)
    if not isinstance(body, dict):
        raise Malformed(f"has no {name}")
    return body


def _list(body: Mapping[str, Any], where: str, name: str) -> Sequence[Any]:
    found = body.get(name)
    if not isinstance(found, list) or len(found) > _MOST_RECIPIENTS:
        raise Malformed(f"has no list {where}.{name} that can be taken")
    return found


def _fate(one: object) -> Fate:
    if not isinstance(one, dict):
        raise Malformed("names a recipient that is no object")
    words = _text(one.get("diagnosticCode"))
    status = one.get("status")
    found = _CODE.fullmatch(status) if isinstance(status, str) else None
    found = found or _CODE.search(words)
    return Fate(_address(one.get("emailAddress")), found[1] if found else None, words)


def _address(value: object) -> str:
    """The bare address: SES repeats what stood in the To field, display name included."""
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_ADDRESS:
        raise Malformed("names a recipient without an address")
    return parseaddr(value)[1] if "<" in value else value


def _time(body: Mapping[str, Any], mail: Mapping[str, Any]) -> Instant:
    """When it happened; a reject says only when the mail was taken."""
    said: Any = body.get("timestamp", mail.get("timestamp"))
    try:
        return parse_rfc3339(said)
    except (TypeError, ValueError, OverflowError):
        raise Malformed("has no timestamp that can be read") from None


def _own_id(mail: Mapping[str, Any]) -> str | None:
    common = mail.get("commonHeaders")
    found = common.get("messageId") if isinstance(common, dict) else None
    if not isinstance(found, str):
        headers = mail.get("headers")
        found = _header(headers) if isinstance(headers, list) else None
    return found if found is not None and _MESSAGE_ID.fullmatch(found) else None


def _header(headers: Sequence[Any]) -> str | None:
    for one in headers:
        if isinstance(one, dict) and str(one.get("name")).lower() == "message-id":
            value = one.get("value")
            return value if isinstance(value, str) else None
    return None


def _text(value: object) -> str:
    """Another system's words: of one line, without control characters, and not too many."""
    if not isinstance(value, str):
        return ""
    if len(value) > LONGEST_TEXT:
        value = value[:LONGEST_TEXT] + "…"
    if value.isprintable():
        return value
    return " ".join("".join(one if one.isprintable() else " " for one in value).split())
