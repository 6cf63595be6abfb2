"""Undecided transitions, what was decided about them, and the deliveries that follow.

The invariants that these statements keep are written down in ``docs/outbox.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from tocsin.base.clock import Instant
from tocsin.domain.alarm import Alarm, TransitionKind
from tocsin.domain.delivery import DeliveryState, HoldReason, Recipient
from tocsin.store.queries.rows import (
    ALARM_COLUMNS,
    as_judged,
    insert_many,
    recipients_to_json,
    select_in,
    to_json,
)


@dataclass(frozen=True, slots=True)
class Undecided:
    """A transition to decide about, with the alarm as it then was."""

    id: int
    kind: TransitionKind
    alarm: Alarm
    held: str


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A delivery to be queued; `transitions` is empty for a test, which has a `sample`.

    One that is held until `not_before` gathers further transitions until then.
    """

    id: str
    action: str
    kind: str
    configuration: int
    severity: int
    message_id: str
    recipients: tuple[Recipient, ...]
    queued_at: Instant
    not_before: Instant
    expires_at: Instant
    transitions: tuple[int, ...]
    hold: HoldReason | None = None
    sample: dict[str, Any] | None = None
    asked_by: str | None = None

    @property
    def state(self) -> DeliveryState:
        """Held or queued."""
        return DeliveryState.QUEUED if self.hold is None else DeliveryState.HELD


def take_undecided(now: Instant, configuration: int, limit: int) -> list[Undecided]:
    """Claim undecided transitions for this transaction, oldest first.

    Whoever commits has decided them; a transaction that rolls back leaves them undecided.
    """
    skip = (
        " FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""
    )
    with connection.cursor() as cursor:
        # Materialised: a planner that ran the inner query again for each row would skip
        # what it had locked itself, and so take more than the limit.
        cursor.execute(
            "WITH oldest AS MATERIALIZED (SELECT id FROM transition "  # noqa: S608
            f"WHERE decided_at IS NULL ORDER BY id LIMIT %s{skip}) "
            "UPDATE transition SET decided_at = %s, configuration = %s "
            "WHERE id IN (SELECT id FROM oldest) AND decided_at IS NULL "
            "RETURNING id, alarm_id, kind, severity, state, count, last_seen_at, ended_at, held",
            [limit, now, configuration],
        )
        rows = sorted(cursor.fetchall())
    alarms = {
        row[0]: row
        for row in select_in(
            f"SELECT {ALARM_COLUMNS} FROM alarm WHERE id IN",  # noqa: S608
            list({row[1] for row in rows}),
        )
    }
    return [
        Undecided(row[0], TransitionKind(row[2]), as_judged(alarms[row[1]], row[3:8]), row[8])
        for row in rows
    ]


def record_matches(matches: Iterable[tuple[int, Sequence[tuple[str, Sequence[str]]]]]) -> None:
    """Keep which rules matched: (transition, [(rule, [action, …]), …])."""
    rows = [(to_json(found), transition) for transition, found in matches if found]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany("UPDATE transition SET matched = %s WHERE id = %s", rows)


def queue(deliveries: Sequence[NewDelivery]) -> None:
    """Put deliveries into the outbox, in the transaction of their decision."""
    insert_many(
        "delivery",
        "id, action, kind, configuration, state, severity, message_id, recipients, queued_at, "
        "not_before, expires_at, attempts, maybe_twice, told, hold, sample, asked_by",
        [
            (
                one.id,
                one.action,
                one.kind,
                one.configuration,
                one.state.value,
                one.severity,
                one.message_id,
                recipients_to_json(one.recipients),
                one.queued_at,
                one.not_before,
                one.expires_at,
                0,
                False,
                len(one.transitions),
                one.hold.value if one.hold is not None else None,
                None if one.sample is None else to_json(one.sample),
                one.asked_by,
            )
            for one in deliveries
        ],
    )
    tell([(one.id, transition, one.action) for one in deliveries for transition in one.transitions])


@dataclass(frozen=True, slots=True)
class Added:
    """What a delivery that gathers tells besides."""

    delivery: str
    action: str
    configuration: int
    severity: int
    transitions: tuple[int, ...]


def add(added: Sequence[Added]) -> None:
    """Add transitions to deliveries that gather, and that this transaction keeps gathering.

    They then belong to the version that the last was decided under.
    """
    if not added:
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE delivery SET told = told + %s, configuration = %s, "
            "severity = CASE WHEN severity < %s THEN %s ELSE severity END WHERE id = %s",
            [
                (len(one.transitions), one.configuration, one.severity, one.severity, one.delivery)
                for one in added
            ],
        )
    tell(
        [(one.delivery, transition, one.action) for one in added for transition in one.transitions]
    )


def tell(tellings: Sequence[tuple[str, int, str]]) -> None:
    """Write which delivery tells which transition: (delivery, transition, action)."""
    insert_many("telling", "delivery_id, transition_id, action", tellings)
