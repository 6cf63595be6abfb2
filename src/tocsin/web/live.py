"""The mark of a list that lives: polls of one that did not change cost almost nothing."""

from __future__ import annotations

import hashlib

from django.http import HttpRequest

from tocsin.base.clock import DAY, now
from tocsin.domain.principal import Principal
from tocsin.engine import alarms, configuration, feedbackview


def etag(request: HttpRequest, principal: Principal, *shown: str) -> str:
    """Changes with alarms, deliveries, receipts, configuration, language, who looks, the day.

    `shown` is whatever else the page shows.
    """
    parts = (
        alarms.live_mark(principal),
        feedbackview.receipts_mark(principal),
        str(configuration.current_number()),
        request.get_full_path(),
        request.headers.get("HX-Request", ""),
        getattr(request, "LANGUAGE_CODE", ""),
        request.headers.get("Cookie", ""),
        principal.role,
        str(now() // DAY),
        *shown,
    )
    return f'"{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:32]}"'


def is_known(request: HttpRequest, mark: str) -> bool:
    """Whether the browser has the list as it is."""
    # Compression on the way makes a weak one of it (RFC 9110 section 8.8.3).
    return request.headers.get("If-None-Match", "").removeprefix("W/") == mark
