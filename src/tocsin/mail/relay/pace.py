"""How fast a relay answers and takes messages, smoothed."""

from __future__ import annotations

_SHARE = 1 / 8
"""Weight of a new round trip beside all before it, as TCP does it (RFC 6298 section 2.3)."""
_MEMORY = 32
"""Messages after which what was before them weighs half."""


class Pace:
    """Two running averages in seconds; None until there was something to measure."""

    __slots__ = ("round_trip", "seconds_per_message")

    def __init__(self) -> None:
        self.round_trip: float | None = None
        """From a flight's last byte to the first answer to it, the relay's own work included."""
        self.seconds_per_message: float | None = None
        """What one message costs a connection that is never left waiting for the next."""

    def answered(self, seconds: float) -> None:
        """An answer came so long after what it answers was written."""
        known = self.round_trip
        self.round_trip = seconds if known is None else known + (seconds - known) * _SHARE

    def delivered(self, messages: int, seconds: float) -> None:
        """So many messages were delivered one after the other in so many seconds."""
        if messages <= 0:
            return
        each, known = seconds / messages, self.seconds_per_message
        share = messages / (messages + _MEMORY)
        self.seconds_per_message = each if known is None else known + (each - known) * share
