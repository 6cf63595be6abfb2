"""The way that a message took, by its Received fields."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.base.clock import SECOND, Instant
from tocsin.mail.received.hop import Hop, read_date, read_hop
from tocsin.mail.received.message import ReceivedMessage

_MOST = 200


@dataclass(frozen=True, slots=True)
class Step:
    """A hop in its place; the first is where the message began.

    `delay_s` is the time since the hop before it that has one; None where there is none.
    Below zero, one of the two clocks is wrong.
    """

    number: int
    hop: Hop
    delay_s: float | None

    @property
    def clocks_differ(self) -> bool:
        """Whether it would have arrived before it was sent."""
        return self.delay_s is not None and self.delay_s < 0


@dataclass(frozen=True, slots=True)
class Route:
    """All hops, in the order in which they happened; `written_at` is the sender's Date."""

    steps: tuple[Step, ...]
    written_at: Instant | None

    @property
    def took_s(self) -> float | None:
        """From the first hop to the last, by their clocks."""
        known = [one.hop.at for one in self.steps if one.hop.at is not None]
        return (known[-1] - known[0]) / SECOND if len(known) > 1 else None


def read_route(message: ReceivedMessage) -> Route:
    """The route of a message; each server puts its field above the others."""
    hops = [read_hop(value) for value in message.values("received")[:_MOST]]
    steps, before = [], None
    for number, hop in enumerate(reversed(hops), 1):
        known = hop.at is not None and before is not None
        steps.append(Step(number, hop, (hop.at - before) / SECOND if known else None))  # type: ignore[operator]
        before = hop.at if hop.at is not None else before
    return Route(tuple(steps), read_date(message.first("date")))
