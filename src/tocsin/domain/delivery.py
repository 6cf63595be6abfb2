"""What becomes of one message to the outside."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from tocsin.base.clock import Instant


class DeliveryState(StrEnum):
    """Exactly one at any time."""

    QUEUED = "queued"
    SENDING = "sending"
    RETRYING = "retrying"
    HELD = "held"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class HoldReason(StrEnum):
    """Why a delivery is held."""

    GATHERING = "gathering"
    """It gathers alarms of its group until its time comes."""
    PERSON = "person"
    """A person keeps it back."""
    IN_DOUBT = "in-doubt"
    """It may have been delivered, and the configuration says not to send such again."""


OPEN_STATES = frozenset(
    {DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.RETRYING, DeliveryState.HELD}
)
"""States that something will still come of."""


class RecipientState(StrEnum):
    """What the relay said about one recipient."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address of a delivery. `receipt` is what SES or a mailbox says later."""

    address: str
    state: RecipientState = RecipientState.PENDING
    reply: str | None = None
    receipt: str = "none"
    receipt_at: Instant | None = None
    """When it arrived, or came back."""
    receipt_words: str = ""
    """The same in plain words; empty when nothing is known."""


class Exchange(NamedTuple):
    """One step of a conversation: what went out, what came back, secrets masked.

    `at` is seconds since the attempt (or the connection) began.
    """

    at: float
    step: str
    sent: str
    received: str


@dataclass(frozen=True, slots=True)
class ConnectionEvidence:
    """What one connection to a relay showed, kept once and referred to by its attempts.

    `chain` holds the DER of each certificate as presented, leaf first; of a
    resumed session it is that of the full handshake it rests on, and `rests_on` the id
    of the connection that did it.
    """

    relay: str
    host: str
    port: int
    address: str | None
    opened_at: Instant
    tls_version: str | None = None
    cipher: str | None = None
    chain: tuple[bytes, ...] = ()
    resumed: bool = False
    transcript: tuple[Exchange, ...] = ()
    rests_on: str | None = None
