"""Whether a relay is used now: open, paused, or tried with one message."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tocsin.base.backoff import Backoff
from tocsin.base.clock import SECOND, Clock, Instant
from tocsin.faults.catalogue import FAULTS
from tocsin.faults.fault import Finding, Retry

# A fault that passes by itself is looked at again soon; one that somebody must
# mend, seldom: a wrong password tried again and again locks accounts.
_PASSING = Backoff(first=2, ceiling=60)
_LASTING = Backoff(first=30, ceiling=600)


class Use(StrEnum):
    """How much a relay is trusted with."""

    OPEN = "open"
    PAUSED = "paused"
    TRYING = "trying"
    """One message at a time, until the relay took one."""


@dataclass(slots=True)
class Breaker:
    """The pause of one relay. It begins by trying: nothing is known yet."""

    clock: Clock
    use: Use = Use.TRYING
    finding: Finding | None = None
    paused_at: Instant | None = None
    probe_at: Instant | None = None
    failures: int = 0
    failed_at: Instant = 0

    def look(self) -> Use:
        """How it may be used now; a pause that is over becomes a try."""
        if (
            self.use is Use.PAUSED
            and self.probe_at is not None
            and self.probe_at <= self.clock.now()
        ):
            self.use = Use.TRYING
        return self.use

    def fail(self, finding: Finding) -> None:
        """The relay as a whole did not work: pause, longer each time."""
        now = self.clock.now()
        self.failures += 1
        waits = _PASSING if FAULTS[finding.code].retry is Retry.TRANSIENT else _LASTING
        self.use = Use.PAUSED
        self.failed_at = now
        self.finding = finding
        self.paused_at = self.paused_at or now
        self.probe_at = now + int(waits.delay(self.failures) * SECOND)

    def succeed(self, began: Instant) -> bool:
        """The relay took a message that was begun then; True when that ended a pause.

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

    def try_now(self) -> None:
        """Something that may be the cure was changed: try at once."""
        self.use = Use.TRYING
        self.failures = 0
        self.probe_at = None
