"""Reports become alarms: stored before anybody is told that they were taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import IntegrityError, OperationalError, connection, transaction

from tocsin.base.clock import HOUR, SYSTEM_CLOCK, Clock, Instant
from tocsin.base.ids import uuid7
from tocsin.domain.alarm import AlarmState, Report, TransitionKind
from tocsin.engine import nudge
from tocsin.store.queries import counters, reports
from tocsin.store.queries.reports import NewTransition, OpenAlarm

QUIET_AFTER: Instant = HOUR
"""An alarm that nothing came for in this time is inactive, unless its source says otherwise."""

TOO_OLD = "older than the source's max_age"
NEVER_ACTIVE = "reported inactive while no alarm of this key was active"

_TRIES = 5


@dataclass(frozen=True, slots=True)
class SourcePolicy:
    """What is known of a source's reports beforehand. Times in microseconds."""

    quiet_after: Instant = QUIET_AFTER
    max_age: Instant | None = None
    held: str = ""
    """Why nobody is told whatever the rules say; empty when they decide."""


DEFAULT_POLICY = SourcePolicy()


@dataclass(slots=True)
class _Batch:
    """What one batch of reports does to the tables."""

    active: dict[str, OpenAlarm]
    ids: list[str] = field(default_factory=list)
    opened: list[tuple[OpenAlarm, Report, str, Instant]] = field(default_factory=list)
    changed: dict[str, OpenAlarm] = field(default_factory=dict)
    transitions: list[NewTransition] = field(default_factory=list)


def accept(
    batch: Sequence[Report],
    policies: Mapping[str, SourcePolicy] | None = None,
    *,
    clock: Clock = SYSTEM_CLOCK,
) -> list[str]:
    """Store reports durably; gives the id of the alarm each belongs to, in order.

    Raises:
        django.db.Error: nothing of the batch was stored.
    """
    for attempt in range(1, _TRIES + 1):
        try:
            with transaction.atomic():
                ids = accept_within(batch, policies, clock=clock)
            break
        except (IntegrityError, OperationalError):
            # Where several write at once, another may have opened the same alarm at
            # the same moment, or two batches may have met in opposite order.
            if attempt == _TRIES or not connection.features.has_select_for_update:
                raise
    nudge.wake("responder")
    return ids


def accept_within(
    batch: Sequence[Report],
    policies: Mapping[str, SourcePolicy] | None = None,
    *,
    clock: Clock = SYSTEM_CLOCK,
) -> list[str]:
    """The same inside the caller's transaction, which also commits the caller's own rows."""
    now = clock.now()
    keys = [report.key() for report in batch]
    work = _Batch(active=reports.active_by_key(list(dict.fromkeys(keys))))
    for report, key in zip(batch, keys, strict=True):
        policy = (policies or {}).get(report.source, DEFAULT_POLICY)
        _take(work, report, key, policy, now)
    # Updates first: a key whose alarm ended in this batch may have opened another.
    reports.update_alarms(work.changed.values())
    reports.insert_alarms(work.opened)
    reports.insert_transitions(work.transitions)
    counters.add(
        Counter(("tocsin_alarms_total", f'source_type="{one.source_type}"') for one in batch)
        + _counted(work.transitions)
    )
    return work.ids


def _take(work: _Batch, report: Report, key: str, policy: SourcePolicy, now: Instant) -> None:
    held = _held(report, policy, now)
    alarm = work.active.get(key)
    if alarm is None:
        alarm = _open(work, report, key, now)
        if report.state is AlarmState.INACTIVE:
            _transit(work, alarm, TransitionKind.INACTIVE, now, held or NEVER_ACTIVE)
        else:
            work.active[key] = alarm
            _transit(work, alarm, TransitionKind.ACTIVE, now, held)
    else:
        _repeat(work, alarm, report)
        if report.state is AlarmState.INACTIVE:
            alarm.state = AlarmState.INACTIVE
            alarm.ended_at = report.ended_at or now
            del work.active[key]
            _transit(work, alarm, TransitionKind.INACTIVE, now, held)
        elif report.severity.rank > alarm.severity:
            alarm.severity = report.severity.rank
            _transit(work, alarm, TransitionKind.SEVERITY, now, held)
    alarm.last_received_at = now
    alarm.quiet_at = now + policy.quiet_after
    work.ids.append(alarm.id)


def _open(work: _Batch, report: Report, key: str, now: Instant) -> OpenAlarm:
    ended = None
    if report.state is AlarmState.INACTIVE:
        ended = report.ended_at or now
    alarm = OpenAlarm(
        id=uuid7(),
        severity=report.severity.rank,
        count=1,
        last_seen_at=report.last_seen_at or report.started_at,
        state=report.state,
        ended_at=ended,
        stored=False,
    )
    work.opened.append((alarm, report, key, now))
    return alarm


def _repeat(work: _Batch, alarm: OpenAlarm, report: Report) -> None:
    alarm.count += 1
    seen = report.last_seen_at or report.started_at
    if seen is not None:
        alarm.last_seen_at = max(seen, alarm.last_seen_at or seen)
    if alarm.stored:  # one opened by this batch is inserted as it is at its end
        work.changed[alarm.id] = alarm


def _transit(work: _Batch, alarm: OpenAlarm, kind: TransitionKind, now: Instant, held: str) -> None:
    work.transitions.append(
        NewTransition(
            alarm_id=alarm.id,
            kind=kind,
            at=now,
            severity=alarm.severity,
            state=alarm.state,
            count=alarm.count,
            last_seen_at=alarm.last_seen_at,
            ended_at=alarm.ended_at,
            held=held,
        )
    )


def _held(report: Report, policy: SourcePolicy, now: Instant) -> str:
    if policy.held or policy.max_age is None:
        return policy.held
    said = report.ended_at or report.last_seen_at or report.started_at
    return TOO_OLD if said is not None and now - said > policy.max_age else ""


def close_quiet(limit: int = 500, *, clock: Clock = SYSTEM_CLOCK) -> int:
    """Make inactive what nothing came for; gives how many there were."""
    now = clock.now()
    with transaction.atomic():
        quiet = reports.take_quiet(now, limit)
        transitions = [
            NewTransition(
                alarm_id=id_,
                kind=TransitionKind.INACTIVE,
                at=now,
                severity=severity,
                state=AlarmState.INACTIVE,
                count=count,
                last_seen_at=seen,
                ended_at=now,
                held="",
            )
            for id_, severity, count, seen in quiet
        ]
        reports.insert_transitions(transitions)
        counters.add(_counted(transitions))
    return len(quiet)


def _counted(transitions: Sequence[NewTransition]) -> Counter[tuple[str, str]]:
    return Counter(("tocsin_transitions_total", f'kind="{one.kind}"') for one in transitions)
