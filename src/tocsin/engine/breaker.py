"""Whether a relay is used now: open, paused, or tried with one message."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tocsin.base.backoff import Backoff
from tocsin.base.clock import SECOND, Clock, Instant
from tocsin.faults.catalogue import FAULTS
from tocsin.faults.fault import Finding, Retry

# A fault that passes by itself is looked at again soon; one that somebody must
# mend, seldom: a wrong password tried again and again locks accounts. A quota of
# a day frees itself in the course of hours (half an hour to an hour is advised).
_PASSING = Backoff(first=2, ceiling=60)
_LASTING = Backoff(first=30, ceiling=600)
_QUOTA = Backoff(first=1800, ceiling=3600)

_BLIP_S = 60.0
"""A fault that passes by itself is told to nobody before it has lasted so long."""


class Use(StrEnum):
    """How much a relay is trusted with."""

    OPEN = "open"
    PAUSED = "paused"
    TRYING = "trying"
    """One message at a time, until the relay took one."""


@dataclass(slots=True)
class Breaker:
    """The pause of one relay. It begins by trying: nothing is known yet.

    Instants are for people; what is waited for goes by the monotonic clock, which
    nobody sets.
    """

    clock: Clock
    use: Use = Use.TRYING
    finding: Finding | None = None
    paused_at: Instant | None = None
    probe_at: Instant | None = None
    failures: int = 0
    failed_at: float = 0.0
    _paused_from: float = 0.0
    _probe_due: float = 0.0

    @property
    def paused_for(self) -> float | None:
        """Seconds since the pause began; None when there is none."""
        if self.paused_at is None:
            return None
        return self.clock.monotonic() - self._paused_from

    @property
    def probe_in(self) -> float:
        """Seconds until a paused relay is looked at again; 0 when it is time."""
        return max(0.0, self._probe_due - self.clock.monotonic())

    @property
    def telling(self) -> bool:
        """The pause is worth an alarm: it will not pass, or has not passed, by itself."""
        if self.finding is None or self.paused_for is None:
            return False
        if FAULTS[self.finding.code].retry is Retry.FINAL or self.finding.code == _DAILY:
            return True
        return self.paused_for >= _BLIP_S

    def fail(self, finding: Finding) -> None:
        """The relay as a whole did not work: pause, longer each time."""
        now = self.clock.now()
        self.failures += 1
        wait = _waits(finding).delay(self.failures)
        self.use = Use.PAUSED
        self.failed_at = self.clock.monotonic()
        self.finding = finding
        if self.paused_at is None:
            self.paused_at, self._paused_from = now, self.failed_at
        self.probe_at = now + int(wait * SECOND)
        self._probe_due = self.failed_at + wait

    def probed(self) -> None:
        """It can be reached and lets us in: one message is risked."""
        self.use = Use.TRYING
        self.probe_at = None

    def succeed(self, began: float) -> bool:
        """The relay took a message begun then (monotonic); True when that ended a pause.

        What was under way when the relay failed says nothing: a relay that throttles
        takes some of what comes at once and refuses the rest.
        """
        if self.use is Use.PAUSED and began <= self.failed_at:
            return False
        was_failing = self.paused_at is not None
        self.use = Use.OPEN
        self.finding = self.paused_at = self.probe_at = None
        self.failures = 0
        return was_failing

    def remember(self, paused_at: Instant | None) -> None:
        """Take over a pause from before a restart; it goes on as a try."""
        self.paused_at = paused_at
        if paused_at is not None:
            lasted = max(0, self.clock.now() - paused_at)
            self._paused_from = self.clock.monotonic() - lasted / SECOND

    def try_now(self) -> None:
        """Something that may be the cure was changed, or a person asks: look at once."""
        self.failures = 0
        if self.use is Use.PAUSED:
            self.probe_at = self.clock.now()
            self._probe_due = self.clock.monotonic()


_DAILY = "ses.daily-quota"


def _waits(finding: Finding) -> Backoff:
    if finding.code == _DAILY:
        return _QUOTA
    return _PASSING if FAULTS[finding.code].retry is Retry.TRANSIENT else _LASTING
