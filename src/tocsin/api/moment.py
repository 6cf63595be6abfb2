"""Times in a query."""

from __future__ import annotations

from tocsin.base.clock import Instant, parse_rfc3339
from tocsin.engine.errors import Refused
from tocsin.faults.fault import Finding


def since_of(text: str | None) -> Instant | None:
    """The time of ``since``; None when none is given.

    Raises:
        Refused: it is no time of RFC 3339.
    """
    if text is None:
        return None
    try:
        return parse_rfc3339(text)
    except ValueError:
        facts = {"field": "since", "problem": "is no RFC 3339 time such as 2026-11-24T22:00:00Z"}
        raise Refused(Finding("input.invalid", facts)) from None
