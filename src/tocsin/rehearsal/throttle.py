"""Sending rate and daily quota, both counted in recipients (SES developer guide, "quotas")."""

from __future__ import annotations

from collections import deque

from tocsin.base.clock import Clock

_DAY = 86_400.0


class RateLimit:
    """A token bucket that holds one second's worth; a rate of 0 lets nothing pass.

    One large message may overdraw it; then nothing passes until that is waited back.
    """

    def __init__(self, rate: float | None, clock: Clock) -> None:
        self._rate = rate
        self._clock = clock
        self._room = max(rate, 1.0) if rate else 0.0
        self._tokens = self._room
        self._filled_at = clock.monotonic()

    def is_exceeded(self) -> bool:
        """Whether nothing may pass now."""
        if self._rate is None:
            return False
        now = self._clock.monotonic()
        self._tokens = min(self._room, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        return self._tokens < 1

    def count(self, recipients: int) -> None:
        """So many were told."""
        self._tokens -= recipients


class DailyQuota:
    """Recipients in a window of 24 hours that moves along."""

    def __init__(self, most: int | None, clock: Clock) -> None:
        self._most = most
        self._clock = clock
        self._sent: deque[tuple[float, int]] = deque()
        self._total = 0

    def is_exceeded_by(self, recipients: int) -> bool:
        """Whether so many more would be too many."""
        if self._most is None:
            return False
        horizon = self._clock.monotonic() - _DAY
        while self._sent and self._sent[0][0] <= horizon:
            self._total -= self._sent.popleft()[1]
        return self._total + recipients > self._most

    def count(self, recipients: int) -> None:
        """So many were told."""
        if self._most is not None and recipients:
            self._sent.append((self._clock.monotonic(), recipients))
            self._total += recipients
