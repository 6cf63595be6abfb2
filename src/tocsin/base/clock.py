"""Time as one integer: microseconds since 1970-01-01 UTC.

Every stored or compared time in Tocsin is such an `Instant`. It compares and
subtracts like a number, reads the same from SQLite and PostgreSQL, and is
turned into RFC 3339 text only where a person or another program reads it.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

Instant = int
"""Microseconds since 1970-01-01T00:00:00Z."""

SECOND: Instant = 1_000_000
MINUTE: Instant = 60 * SECOND
HOUR: Instant = 60 * MINUTE
DAY: Instant = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """Where a loop gets its time from, so that a test can hold it still."""

    def now(self) -> Instant:
        """Wall-clock time."""

    def monotonic(self) -> float:
        """Seconds that only ever go forward, for durations and deadlines."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> Instant:
        """Wall-clock time in microseconds."""
        return time.time_ns() // 1000

    def monotonic(self) -> float:
        """Seconds of the machine's monotonic clock."""
        return time.monotonic()


SYSTEM_CLOCK = SystemClock()


def now() -> Instant:
    """The present wall-clock time of this machine."""
    return time.time_ns() // 1000


def to_datetime(instant: Instant) -> datetime:
    """The same moment as an aware `datetime` in UTC."""
    return _EPOCH + timedelta(microseconds=instant)


def from_datetime(moment: datetime) -> Instant:
    """The same moment as an `Instant`; a naive value is taken as UTC."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MICROSECOND


def rfc3339(instant: Instant) -> str:
    """RFC 3339 text in UTC with microseconds, e.g. ``2026-11-24T22:00:00.000000Z``."""
    return to_datetime(instant).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_rfc3339(text: str) -> Instant:
    """Read an RFC 3339 time; offsets without a colon (``+0300``, as Suricata writes) pass.

    Raises:
        ValueError: the text is no such time, or has no offset.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("the time has no UTC offset")
    return from_datetime(moment)
