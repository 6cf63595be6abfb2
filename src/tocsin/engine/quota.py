"""What a relay may take in any 24 hours, and what it has taken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tocsin.base.clock import HOUR, Instant
from tocsin.store.queries.operation import USAGE_SPAN

DAY: Instant = 24 * HOUR


@dataclass(slots=True)
class Quota:
    """Recipients in a rolling day (SES developer guide, "Sending quotas").

    `limit` is None where none is known. What was taken is counted in spans of ten
    minutes, and a span counts whole until all of it is a day old: never too little.
    """

    limit: int | None = None
    _spans: dict[Instant, int] = field(default_factory=dict)

    def load(self, usage: Iterable[tuple[Instant, int, int]]) -> None:
        """Take what the store knows: (when, messages, recipients) of each span."""
        self._spans = {at: recipients for at, _, recipients in usage}

    def add(self, recipients: int, now: Instant) -> None:
        """Count what was taken just now."""
        at = now - now % USAGE_SPAN
        self._spans[at] = self._spans.get(at, 0) + recipients

    def used(self, now: Instant) -> int:
        """Recipients of the last 24 hours."""
        self._spans = {
            at: count for at, count in self._spans.items() if at + USAGE_SPAN > now - DAY
        }
        return sum(self._spans.values())

    def room(self, now: Instant) -> int | None:
        """Recipients that may still be sent to; None: any number."""
        return None if self.limit is None else max(0, self.limit - self.used(now))
