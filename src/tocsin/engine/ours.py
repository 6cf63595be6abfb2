"""Whether a received message is a delivery of this manager, and which alarms it tells.

SES replaces the Message-ID that we gave, so several ways lead back: our own Message-ID where
it stayed, the id that SES gave in its reply, and the alarm that the mail names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine.verdict import NOT_OURS, OURS, OURS_ALARM, Statement
from tocsin.mail.received.message import ReceivedMessage
from tocsin.ses.carried import message_id_of
from tocsin.store.models import Delivery, Telling
from tocsin.store.queries import feedback

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_OWN_IDS = ("message-id", "x-rehearsal-original-message-id")
_MOST_NAMED = 20


class MatchedBy(StrEnum):
    """What led to the delivery."""

    MESSAGE_ID = "message-id"
    """Our own Message-ID."""
    RELAY_ID = "relay-id"
    """The id that the relay gave when it took the message."""
    ALARM = "alarm"
    """The alarm that the mail names in X-Tocsin-Alarm."""


@dataclass(frozen=True, slots=True)
class Ours:
    """A delivery of ours; without `delivery`, only an alarm of ours is named."""

    delivery: str | None
    alarms: tuple[str, ...]
    matched_by: MatchedBy


def find_ours(principal: Principal, message: ReceivedMessage) -> Ours | None:
    """The delivery that a message is; None where it is none of this manager.

    Raises:
        NotPermitted: the role may not read.
    """
    require(principal, Permission.READ)
    for matched_by, delivery in (
        (MatchedBy.MESSAGE_ID, _by_own_id(message)),
        (MatchedBy.RELAY_ID, _by_relay_id(message)),
    ):
        if delivery is not None:
            return Ours(delivery, _alarms(delivery), matched_by)
    return _by_alarm(message)


def belonging(ours: Ours | None) -> Statement:
    """Whether it is ours, in words."""
    if ours is None:
        return Statement(NOT_OURS)
    if ours.delivery is None:
        return Statement(OURS_ALARM, {"alarm": ours.alarms[0]})
    return Statement(OURS, {"delivery": ours.delivery})


def _by_own_id(message: ReceivedMessage) -> str | None:
    for key in _OWN_IDS:
        value = message.first(key).strip()
        named = _ID.match(value.lower().removeprefix("<"))
        if named is not None:
            row = Delivery.objects.filter(id=named[0]).values_list("id", "message_id").first()
            # The id alone would be anybody's guess at another manager's mail.
            if row is not None and row[1].lower() == value.lower():
                return str(row[0])
    return None


def _by_relay_id(message: ReceivedMessage) -> str | None:
    """The id in the relay's reply is kept for what SES reports later."""
    relay_id, _ = message_id_of(message)
    if relay_id is None:
        return None
    known = feedback.deliveries_by_relay_id([relay_id]).get(relay_id)
    return None if known is None else known.id


def _by_alarm(message: ReceivedMessage) -> Ours | None:
    alarm = _named_alarm(message)
    if alarm is None or not Telling.objects.filter(transition__alarm_id=alarm).exists():
        return None
    return Ours(None, (alarm,), MatchedBy.ALARM)


def _named_alarm(message: ReceivedMessage) -> str | None:
    value = message.first("x-tocsin-alarm").strip().lower()
    return value if _ID.fullmatch(value) else None


def _alarms(delivery: str) -> tuple[str, ...]:
    rows = Telling.objects.filter(delivery=delivery).order_by("id")
    ids = rows.values_list("transition__alarm_id", flat=True)[:_MOST_NAMED]
    return tuple(dict.fromkeys(map(str, ids)))
