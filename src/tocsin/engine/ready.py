"""Messages composed ahead, in the order they should go, in two lanes.

What may hold others up (a retry, a recipient domain that a relay is slow to answer for)
stands in a lane of its own, which never has all connections.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tocsin.mail.envelope import Envelope
from tocsin.store.queries.outgoing import Outgoing

_SLOW_S = 1.0
"""A message that takes so long makes the domains of its recipients slow …"""
_SLOW_FOR_S = 300.0
"""… for so long."""
_MOST_DOMAINS = 1_000


@dataclass(frozen=True, slots=True)
class Prepared:
    """A delivery with its message, ready for the wire."""

    outgoing: Outgoing
    envelope: Envelope


class Lane:
    """One queue of prepared messages."""

    def __init__(self) -> None:
        self._messages: deque[Prepared] = deque()

    def __len__(self) -> int:
        return len(self._messages)

    def add(self, messages: Iterable[Prepared]) -> None:
        """Behind all others."""
        self._messages.extend(messages)

    def put_back(self, messages: Sequence[Prepared]) -> None:
        """Before all others: their turn had come."""
        self._messages.extendleft(reversed(messages))

    def take(self, most: int, room: int | None) -> list[Prepared]:
        """The next messages: at most so many, for at most so many recipients.

        The first is given whatever the number of its recipients, where there is room for
        one: else it would never go.
        """
        taken: list[Prepared] = []
        recipients = 0
        while self._messages and len(taken) < most:
            recipients += len(self._messages[0].envelope.recipients)
            if room is not None and (room < 1 or (taken and recipients > room)):
                break
            taken.append(self._messages.popleft())
        return taken

    def clear(self) -> None:
        """Forget all."""
        self._messages.clear()


class Ready:
    """Both lanes, and which domains are slow now."""

    def __init__(self) -> None:
        self.quick = Lane()
        self.slow = Lane()
        self._slow_until: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self.quick) + len(self.slow)

    def lane(self, *, slow: bool) -> Lane:
        """One of the two."""
        return self.slow if slow else self.quick

    def add(self, messages: Iterable[Prepared], now: float) -> None:
        """Put each into its lane."""
        for one in messages:
            self.lane(slow=self.is_slow(one, now)).add((one,))

    def is_slow(self, one: Prepared, now: float) -> bool:
        """It may hold others up."""
        if one.outgoing.attempts > 0:
            return True
        if not self._slow_until:
            return False
        return any(self._slow_until.get(domain, now) > now for domain in _domains(one.envelope))

    def took(self, envelope: Envelope, seconds: float, now: float) -> None:
        """A message to these recipients took so long (monotonic `now`)."""
        if seconds < _SLOW_S:
            return
        if len(self._slow_until) >= _MOST_DOMAINS:
            self._slow_until = {
                domain: until for domain, until in self._slow_until.items() if until > now
            }
        if len(self._slow_until) < _MOST_DOMAINS:
            for domain in _domains(envelope):
                self._slow_until[domain] = now + _SLOW_FOR_S

    def clear(self) -> None:
        """Forget all messages."""
        self.quick.clear()
        self.slow.clear()


def _domains(envelope: Envelope) -> set[str]:
    return {one.rpartition("@")[2].lower() for one in envelope.recipients}
