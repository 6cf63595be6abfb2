"""Reports into alarms and transitions: the statements behind `engine.accept`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from tocsin.base.clock import Instant
from tocsin.domain.alarm import AlarmState, Report, TransitionKind
from tocsin.store.models import Transition
from tocsin.store.queries.rows import host_to_json, insert_many, select_in, to_json


@dataclass(slots=True)
class OpenAlarm:
    """The part of an alarm that reports can still change."""

    id: str
    severity: int
    count: int
    last_seen_at: Instant | None
    state: AlarmState = AlarmState.ACTIVE
    ended_at: Instant | None = None
    last_received_at: Instant = 0
    quiet_at: Instant = 0
    stored: bool = True


@dataclass(frozen=True, slots=True)
class NewTransition:
    """A transition to be stored, with the alarm's changing part as it then was."""

    alarm_id: str
    kind: TransitionKind
    at: Instant
    severity: int
    state: AlarmState
    count: int
    last_seen_at: Instant | None
    ended_at: Instant | None
    held: str


def active_by_key(keys: Sequence[str]) -> dict[str, OpenAlarm]:
    """The active alarms of these keys, held for this transaction."""
    rows = select_in(
        "SELECT dedup_key, id, severity, count, last_seen_at FROM alarm "
        "WHERE state = 'active' AND dedup_key IN",
        keys,
        lock=True,
    )
    return {key: OpenAlarm(id_, severity, count, seen) for key, id_, severity, count, seen in rows}


def insert_alarms(
    opened: Iterable[tuple[OpenAlarm, Report, str, Instant]],
) -> None:
    """Store new alarms: each with its first report, its key, and when it came."""
    rows: list[tuple[Any, ...]] = [
        (
            alarm.id,
            report.source,
            report.source_type,
            report.type,
            report.category,
            alarm.severity,
            alarm.state.value,
            key,
            received_at,
            alarm.last_received_at,
            alarm.quiet_at,
            alarm.count,
            report.started_at,
            alarm.last_seen_at,
            alarm.ended_at,
            report.source_host.ip,
            report.target_host.ip,
            host_to_json(report.source_host),
            host_to_json(report.target_host),
            report.protocol,
            report.details,
            report.url,
            to_json(dict(report.attributes)),
        )
        for alarm, report, key, received_at in opened
    ]
    insert_many(
        "alarm",
        "id, source, source_type, type, category, severity, state, dedup_key, received_at, "
        "last_received_at, quiet_at, count, started_at, last_seen_at, ended_at, source_ip, "
        "target_ip, source_host, target_host, protocol, details, url, attributes",
        rows,
    )


def update_alarms(changed: Iterable[OpenAlarm]) -> None:
    """Store what reports changed of alarms that were there before."""
    rows = [
        (
            one.severity,
            one.state.value,
            one.count,
            one.last_seen_at,
            one.ended_at,
            one.last_received_at,
            one.quiet_at,
            one.id,
        )
        for one in changed
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE alarm SET severity = %s, state = %s, count = %s, last_seen_at = %s, "
                "ended_at = %s, last_received_at = %s, quiet_at = %s WHERE id = %s",
                rows,
            )


def insert_transitions(transitions: Iterable[NewTransition]) -> None:
    """Store transitions, undecided."""
    insert_many(
        "transition",
        "alarm_id, kind, at, severity, state, count, last_seen_at, ended_at, held, matched",
        [
            (
                one.alarm_id,
                one.kind.value,
                one.at,
                one.severity,
                one.state.value,
                one.count,
                one.last_seen_at,
                one.ended_at,
                one.held,
                "[]",
            )
            for one in transitions
        ],
    )


def last_held(alarm_id: str) -> str:
    """Why nobody was told of the last transition of an alarm; empty when the rules decided."""
    last = Transition.objects.filter(alarm_id=alarm_id).order_by("-id")
    return last.values_list("held", flat=True).first() or ""


def shift_quiet(step: Instant, reported_by: Instant) -> None:
    """Move the end of active alarms by so much, of those last reported by that time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE alarm SET quiet_at = quiet_at + %s "
            "WHERE state = 'active' AND last_received_at <= %s",
            [step, reported_by],
        )


def shift_quiet_back(step: Instant, reported_after: Instant) -> None:
    """Move the end of active alarms back by so much, of those last reported after that time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE alarm SET quiet_at = quiet_at - %s "
            "WHERE state = 'active' AND last_received_at > %s",
            [step, reported_after],
        )


def take_quiet(now: Instant, limit: int) -> list[tuple[str, int, int, Instant | None]]:
    """Make alarms inactive that nothing came for: (id, severity, count, last_seen_at) of each."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE alarm SET state = 'inactive', ended_at = %s WHERE id IN "
            "(SELECT id FROM alarm WHERE state = 'active' AND quiet_at <= %s "
            "ORDER BY quiet_at LIMIT %s) AND state = 'active' "
            "RETURNING id, severity, count, last_seen_at",
            [now, now, limit],
        )
        rows: list[tuple[str, int, int, Instant | None]] = cursor.fetchall()
        return rows
