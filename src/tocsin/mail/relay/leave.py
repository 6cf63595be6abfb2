"""How a relay takes leave of a connection, and what it gives as the reason."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from tocsin.mail.smtp.reply import Reply

NOTICES = (421, 451)
"""Replies by which a relay ends a connection that had worked."""
REST = 0.5
"""Seconds of silence from which on a connection counts as resting."""

_FLAGS = re.IGNORECASE
_RATE = re.compile(r"\brates?\b|\bper (second|minute|hour|day)\b", _FLAGS)
_TOO_MANY_CONNECTIONS = re.compile(r"(too many|maximum number of|limit).{0,40}connections", _FLAGS)
_COUNT = re.compile(
    r"message count|"
    r"(too many|max(imum)?|number of|limit).{0,40}\b(messages?|mails?|e-mails?|transactions?)\b|"
    r"\b(messages?|mails?|e-mails?|transactions?) (per|in (this|one|a)) (session|connection)",
    _FLAGS,
)
_IDLE = re.compile(r"time-?d?[ -]?out|\bidle\b|\binactiv", _FLAGS)
_AGE = re.compile(
    r"(session|connection).{0,30}(time limit|life ?time|duration|too long|too old|expired)", _FLAGS
)


class Reason(StrEnum):
    """Why it ends, in the relay's own words."""

    MESSAGES = "messages"
    """Enough messages on this connection."""
    IDLE = "idle"
    """Nothing came for too long."""
    AGE = "age"
    """The connection has lasted too long."""
    UNSAID = "unsaid"
    """It only says that it closes."""
    OTHER = "other"
    """Something that is no property of a connection, such as a rate."""


@dataclass(frozen=True, slots=True)
class Leave:
    """A notice of leave on a connection that could be used; times in seconds.

    `carried` is the number of messages before it; `rested` for how long nothing had been
    said, 0 when it came in the middle of a batch; `age` since the connection was opened.
    """

    reply: Reply
    carried: int
    rested: float
    age: float

    @property
    def at_rest(self) -> bool:
        """It came to a connection that was not in use."""
        return self.rested >= REST


def reason_of(reply: Reply) -> Reason:
    """What the words of a notice say."""
    words = reply.text
    if _RATE.search(words) or _TOO_MANY_CONNECTIONS.search(words):
        return Reason.OTHER
    if _COUNT.search(words):
        return Reason.MESSAGES
    if _AGE.search(words):
        return Reason.AGE
    if _IDLE.search(words) or reply.enhanced == "4.4.2":
        return Reason.IDLE
    return Reason.UNSAID
