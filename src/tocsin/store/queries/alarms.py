"""Lists of alarms for pages, API and commands."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from tocsin.base.clock import Instant
from tocsin.domain.alarm import Alarm as DomainAlarm
from tocsin.domain.severity import Severity
from tocsin.store.models import Alarm
from tocsin.store.queries.rows import ALARM_COLUMNS, alarm_from_row

_FIELDS = [column.strip() for column in ALARM_COLUMNS.split(",")]


def matching(  # noqa: PLR0913 -- one for each condition
    *,
    state: str | None = None,
    least_severity: int | None = None,
    type_: str | None = None,
    category: str | None = None,
    source: str | None = None,
    host: str | None = None,
    acknowledged: bool | None = None,
    closed: bool | None = None,
    text: str | None = None,
    since: Instant | None = None,
) -> QuerySet[Alarm]:
    """The alarms for which every given condition holds."""
    plain: dict[str, Any] = {
        "state": state,
        "severity__gte": least_severity,
        "type": type_,
        "category": category,
        "source": source,
        "received_at__gte": since,
    }
    found = Alarm.objects.filter(**{k: v for k, v in plain.items() if v is not None})
    if host is not None:
        found = found.filter(Q(source_ip=host) | Q(target_ip=host))
    if acknowledged is not None:
        found = found.filter(acknowledged_at__isnull=not acknowledged)
    if closed is not None:
        found = found.filter(closed_at__isnull=not closed)
    if text:
        found = found.filter(Q(type__icontains=text) | Q(details__icontains=text))
    return found


def to_domain(row: Alarm) -> DomainAlarm:
    """The alarm of a row."""
    return alarm_from_row([getattr(row, name) for name in _FIELDS])


def severity_of(row: Alarm) -> Severity:
    """The row's severity as a word."""
    return Severity.of_rank(row.severity)
