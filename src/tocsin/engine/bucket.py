"""How fast a relay is sent to: a token bucket at its rate, and what its refusals teach.

Recipients are counted, as Amazon SES counts them (SES developer guide, "Sending
quotas"): a message to three takes three tokens.
"""

from __future__ import annotations

from dataclasses import dataclass, field

_LOWERED = 0.7
"""What is left of the rate after a refusal."""
_LOWEST = 0.2
_AGAIN_S = 1.0
"""Refusals within so many seconds count as one: several connections hear of the same."""
_QUIET_S = 10.0
"""A rate rises again after so many seconds without a refusal …"""
_RISE = 0.05
"""… by this share of itself each second in which it was made use of."""
_FORGET_S = 600.0
"""A learnt rate without a refusal for so long is forgotten where none was set."""


@dataclass(slots=True)
class Bucket:
    """The bucket of one relay. Times are seconds of a monotonic clock.

    Args:
        rate_set: recipients a second at most, as configured; None: no limit is known.
        share: what part of the relay's rate is this process's, where several send.
    """

    rate_set: float | None = None
    share: float = 1.0
    learnt: float | None = None
    _tokens: float = 1.0
    _filled_at: float = 0.0
    _refused_at: float = float("-inf")
    _raised_at: float = 0.0
    _taken: list[tuple[float, int]] = field(default_factory=list)

    @property
    def rate(self) -> float | None:
        """Recipients a second that are kept to now; None: as fast as it goes."""
        known = [one for one in (self.rate_set, self.learnt) if one is not None]
        return min(known) * self.share if known else None

    @property
    def tokens(self) -> float:
        """What the bucket holds."""
        return self._tokens

    def room(self, now: float) -> int | None:
        """Recipients that may be sent to now; None: any number.

        At least one when the bucket is full: a message with more recipients than the
        rate overdraws it, and that is waited back.
        """
        rate = self.rate
        if rate is None:
            return None
        capacity = max(1.0, rate)
        if now < self._filled_at:  # a bucket that was emptied until then
            return 0
        self._tokens = min(capacity, self._tokens + (now - self._filled_at) * rate)
        self._filled_at = now
        return int(self._tokens)

    def take(self, recipients: int) -> None:
        """Count recipients that are sent to now."""
        self._tokens -= recipients

    def give_back(self, recipients: int) -> None:
        """Count recipients back that nothing was sent to."""
        self._tokens += recipients

    def wait(self, now: float) -> float:
        """Seconds until there is room for one."""
        rate = self.rate
        if rate is None:
            return 0.0
        return max(0.0, self._filled_at - now) + max(0.0, 1.0 - self._tokens) / rate

    def refused(self, now: float) -> bool:
        """The relay said that it goes too fast; True when the rate was lowered for it."""
        if now - self._refused_at < _AGAIN_S:
            return False
        rate = min(self.rate or float("inf"), self._observed(now))
        self.learnt = max(_LOWEST, rate * _LOWERED) / self.share
        self._refused_at = self._raised_at = now
        # The relay's own bucket is empty now: give it a second to fill.
        self._tokens, self._filled_at = 0.0, now + 1.0
        return True

    def accepted(self, recipients: int, now: float) -> bool:
        """The relay took a message for so many; True when the learnt rate was let go of."""
        self._taken.append((now, recipients))
        if len(self._taken) > 1_000:  # noqa: PLR2004 -- only the last second is asked for
            self._forget_taken(now)
        if self.learnt is None or now - self._refused_at < _QUIET_S:
            return False
        if now - self._raised_at >= 1.0:
            self.learnt *= 1 + _RISE
            self._raised_at = now
        bound = self.rate_set is not None and self.learnt >= self.rate_set
        if bound or (self.rate_set is None and now - self._refused_at >= _FORGET_S):
            self.learnt = None
            return True
        return False

    def _observed(self, now: float) -> float:
        """Recipients taken in the second before now; one at least."""
        self._forget_taken(now)
        return max(1.0, float(sum(count for _, count in self._taken)))

    def _forget_taken(self, now: float) -> None:
        self._taken = [one for one in self._taken if one[0] >= now - 1.0]
