"""Looking at alarms, and what people do with them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q

from tocsin.base.clock import Instant, now, rfc3339
from tocsin.domain.alarm import Alarm, AlarmState
from tocsin.domain.principal import Permission, Principal, require
from tocsin.domain.severity import Severity
from tocsin.engine.errors import NotFound
from tocsin.engine.page import Page
from tocsin.intake.endpoint import canonical_ip
from tocsin.store import models
from tocsin.store.queries import alarms as queries
from tocsin.store.queries import counters
from tocsin.store.queries.rows import host_to_dict


@dataclass(frozen=True, slots=True)
class AlarmFilter:
    """Conditions on a list of alarms; all that are given must hold."""

    state: AlarmState | None = None
    severity: Severity | None = None
    """At least this grave."""
    type: str | None = None
    category: str | None = None
    source: str | None = None
    host: str | None = None
    """IP address of either end."""
    acknowledged: bool | None = None
    closed: bool | None = None
    text: str | None = None
    """Stands in the type or the details, in whatever case."""
    since: Instant | None = None


@dataclass(frozen=True, slots=True)
class AlarmView:
    """An alarm with what people did about it."""

    alarm: Alarm
    last_received_at: Instant
    acknowledged_at: Instant | None
    acknowledged_by: str | None
    closed_at: Instant | None
    closed_by: str | None


def list_alarms(
    principal: Principal,
    wanted: AlarmFilter,
    *,
    cursor: str | None = None,
    limit: int = 50,
    sort: str = "received",
) -> Page[AlarmView]:
    """Alarms, newest first; with ``sort="severity"`` the gravest first.

    Raises:
        NotPermitted: the role may not read.
        NotFound: the cursor is of no list of ours.
    """
    require(principal, Permission.READ)
    found = queries.matching(
        state=wanted.state.value if wanted.state else None,
        least_severity=wanted.severity.rank if wanted.severity else None,
        type_=wanted.type,
        category=wanted.category,
        source=wanted.source,
        host=_canonical(wanted.host),
        acknowledged=wanted.acknowledged,
        closed=wanted.closed,
        text=wanted.text,
        since=wanted.since,
    )
    total = found.count()
    by_severity = sort == "severity"
    if cursor:
        found = found.filter(_after(cursor, by_severity=by_severity))
    rows = list(found.order_by(*(["-severity"] if by_severity else []), "-id")[: limit + 1])
    more = len(rows) > limit
    rows = rows[:limit]
    next_ = (f"{rows[-1].severity}:{rows[-1].id}" if by_severity else rows[-1].id) if more else None
    return Page([_view(row) for row in rows], next_, total)


def every_alarm(
    principal: Principal, wanted: AlarmFilter, *, limit: int | None = None
) -> Iterator[AlarmView]:
    """All alarms that match, newest first, read in parts.

    Raises:
        NotPermitted: the role may not read.
    """
    cursor, left = None, limit
    while left is None or left > 0:
        size = 1000 if left is None else min(left, 1000)
        page = list_alarms(principal, wanted, cursor=cursor, limit=size)
        yield from page.items
        left = None if left is None else left - len(page.items)
        cursor = page.next
        if cursor is None:
            return


def _canonical(host: str | None) -> str | None:
    """The address in the one form that alarms hold it in (RFC 5952)."""
    if host is None:
        return None
    try:
        return canonical_ip(host.strip())
    except ValueError:
        return host  # no alarm has it


_CURSOR = re.compile(r"(?:([1-5]):)?([0-9a-f-]{36})")


def _after(cursor: str, *, by_severity: bool) -> Q:
    found = _CURSOR.fullmatch(cursor)
    if found is None or (found[1] is not None) != by_severity:
        raise NotFound("cursor", cursor)
    if not by_severity:
        return Q(id__lt=cursor)
    severity, id_ = int(found[1]), found[2]
    return Q(severity__lt=severity) | Q(severity=severity, id__lt=id_)


def get_alarm(principal: Principal, id_: str) -> AlarmView:
    """One alarm.

    Raises:
        NotPermitted: the role may not read.
        NotFound: there is none of that id.
    """
    require(principal, Permission.READ)
    return _view(_row(id_))


def acknowledge(principal: Principal, id_: str) -> AlarmView:
    """Say that somebody looks after it; the first to say so stays."""
    return _mark(principal, id_, "acknowledged")


def close(principal: Principal, id_: str) -> AlarmView:
    """Say that nothing is left to do; a closed alarm counts as acknowledged."""
    _mark(principal, id_, "acknowledged")
    return _mark(principal, id_, "closed")


def _mark(principal: Principal, id_: str, what: str) -> AlarmView:
    require(principal, Permission.WORK_ALARMS)
    _row(id_)
    with transaction.atomic():
        marked = models.Alarm.objects.filter(id=id_, **{f"{what}_at": None}).update(
            **{f"{what}_at": now(), f"{what}_by": principal.name}
        )
        if marked:
            counters.add({("tocsin_alarms_worked_total", f'as="{what}"'): marked})
    return _view(_row(id_))


def _row(id_: str) -> models.Alarm:
    # What cannot be printed (a NUL, half a surrogate pair) no store can be asked for.
    row = models.Alarm.objects.filter(id=id_).first() if id_.isprintable() else None
    if row is None:
        raise NotFound("alarm", id_)
    return row


def _view(row: models.Alarm) -> AlarmView:
    return AlarmView(
        alarm=queries.to_domain(row),
        last_received_at=row.last_received_at,
        acknowledged_at=row.acknowledged_at,
        acknowledged_by=row.acknowledged_by,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
    )


def live_mark(principal: Principal) -> str:
    """A short text that changes whenever an alarm or delivery did; cheap to ask for."""
    require(principal, Permission.READ)
    # Whatever shows on a live list is counted when it changes.
    return str(sum(models.Counter.objects.values_list("value", flat=True)))


def _time(at: Instant | None) -> str | None:
    return None if at is None else rfc3339(at)


def alarm_json(view: AlarmView) -> dict[str, Any]:
    """The alarm in the shape that the API and ``--json`` give."""
    alarm = view.alarm
    return {
        "id": alarm.id,
        "source": alarm.source,
        "source_type": alarm.source_type,
        "type": alarm.type,
        "category": alarm.category,
        "severity": alarm.severity.value,
        "state": alarm.state.value,
        "acknowledged": view.acknowledged_at is not None,
        "acknowledged_at": _time(view.acknowledged_at),
        "acknowledged_by": view.acknowledged_by,
        "closed": view.closed_at is not None,
        "closed_at": _time(view.closed_at),
        "closed_by": view.closed_by,
        "dedup_key": alarm.dedup_key,
        "received_at": _time(alarm.received_at),
        "last_received_at": _time(view.last_received_at),
        "started_at": _time(alarm.started_at),
        "last_seen_at": _time(alarm.last_seen_at),
        "ended_at": _time(alarm.ended_at),
        "count": alarm.count,
        "source_host": host_to_dict(alarm.source_host),
        "target_host": host_to_dict(alarm.target_host),
        "protocol": alarm.protocol,
        "details": alarm.details,
        "url": alarm.url,
        "attributes": dict(alarm.attributes),
    }
