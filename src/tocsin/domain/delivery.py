"""What becomes of one message to the outside."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

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


@dataclass(frozen=True, slots=True)
class Exchange:
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
    resumed session it is that of the full handshake it rests on.
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
