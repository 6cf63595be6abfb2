"""Times that sensors give: those that can be kept and written out again."""

from __future__ import annotations

from tocsin.base.clock import Instant, parse_rfc3339

LAST: Instant = 253_402_300_799_999_999
"""The last microsecond of the year 9999, after which calendars of programs end."""


def moment_of(text: str) -> Instant:
    """An RFC 3339 time of 1970 to 9999.

    Raises:
        ValueError: it is none, has no offset, or lies outside.
    """
    instant = parse_rfc3339(text)
    if not 0 <= instant <= LAST:
        raise ValueError("the time is before 1970 or after 9999")
    return instant
