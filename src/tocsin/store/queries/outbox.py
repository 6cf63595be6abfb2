"""The outbox: decisions into deliveries, claims, outcomes.

The invariants that these statements keep are written down in ``docs/outbox.md``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from tocsin.base.clock import Instant
from tocsin.domain.alarm import Alarm, TransitionKind
from tocsin.domain.delivery import ConnectionEvidence, DeliveryState, Exchange, Recipient
from tocsin.store.queries.rows import (
    ALARM_COLUMNS,
    alarm_from_dict,
    alarm_from_row,
    insert_many,
    recipients_from_json,
    recipients_to_json,
    select_in,
    to_json,
    transcript_to_json,
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
    """A delivery to be queued; `transitions` is empty for a test, which has a `sample`."""

    id: str
    action: str
    kind: str
    configuration: int
    severity: int
    message_id: str
    recipients: tuple[Recipient, ...]
    queued_at: Instant
    expires_at: Instant
    transitions: tuple[int, ...]
    sample: dict[str, Any] | None = None
    asked_by: str | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A delivery that waits to be sent, with what it tells."""

    id: str
    action: str
    kind: str
    configuration: int
    severity: int
    message_id: str
    recipients: tuple[Recipient, ...]
    queued_at: Instant
    expires_at: Instant
    attempts: int
    is_test: bool
    transition: TransitionKind
    alarm: Alarm


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt, and so of its delivery."""

    delivery_id: str
    action: str
    kind: str
    number: int
    connection_id: str | None
    started_at: Instant
    finished_at: Instant
    ok: bool
    in_doubt: bool
    code: str | None
    facts: dict[str, str]
    reply: str | None
    transcript: tuple[Exchange, ...]
    state: DeliveryState
    recipients: tuple[Recipient, ...]
    not_before: Instant


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
        Undecided(row[0], TransitionKind(row[2]), _as_judged(alarms[row[1]], row[3:8]), row[8])
        for row in rows
    ]


def _as_judged(alarm: Sequence[Any], changing: Sequence[Any]) -> Alarm:
    """The alarm of a row with severity, state, count and times as a transition has them."""
    row = list(alarm)
    row[_SEVERITY], row[_STATE], row[_COUNT], row[_LAST_SEEN_AT], row[_ENDED_AT] = changing
    return alarm_from_row(row)


_SEVERITY, _STATE, _COUNT, _LAST_SEEN_AT, _ENDED_AT = (
    ALARM_COLUMNS.split(", ").index(name)
    for name in ("severity", "state", "count", "last_seen_at", "ended_at")
)


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
        "not_before, expires_at, attempts, maybe_twice, sample, asked_by",
        [
            (
                one.id,
                one.action,
                one.kind,
                one.configuration,
                DeliveryState.QUEUED.value,
                one.severity,
                one.message_id,
                recipients_to_json(one.recipients),
                one.queued_at,
                one.queued_at,
                one.expires_at,
                0,
                False,
                None if one.sample is None else to_json(one.sample),
                one.asked_by,
            )
            for one in deliveries
        ],
    )
    insert_many(
        "telling",
        "delivery_id, transition_id, action",
        [(one.id, transition, one.action) for one in deliveries for transition in one.transitions],
    )


_WAITING_COLUMNS = (
    "id, action, kind, configuration, severity, message_id, recipients, queued_at, expires_at, "
    "attempts, sample"
)


def waiting(
    now: Instant, limit: int, *, tests: bool = False, without: Collection[str] = ()
) -> list[Outgoing]:
    """Deliveries that may be sent now, gravest and oldest first; nothing is claimed.

    With `tests` only those that Test Action asked for, else only the others; never
    those of `without`, which the caller has at hand already.
    """
    most = limit + len(without)
    sample = "IS NOT NULL" if tests else "IS NULL"
    rows: list[Any] = []
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_WAITING_COLUMNS} FROM delivery WHERE state = 'queued' "  # noqa: S608
            f"AND sample {sample} ORDER BY severity DESC, id LIMIT %s",
            [most],
        )
        rows.extend(cursor.fetchall())
        cursor.execute(
            f"SELECT {_WAITING_COLUMNS} FROM delivery WHERE state = 'retrying' "  # noqa: S608
            f"AND not_before <= %s AND sample {sample} ORDER BY not_before LIMIT %s",
            [now, most],
        )
        rows.extend(cursor.fetchall())
    fresh = [row for row in rows if row[0] not in without]
    fresh.sort(key=lambda row: (-row[4], row[0]))
    return _outgoing(fresh[:limit])


def _outgoing(rows: Sequence[Any]) -> list[Outgoing]:
    told = {
        row[0]: (TransitionKind(row[1]), _as_judged(row[7:], row[2:7]))
        for row in select_in(
            "SELECT l.delivery_id, t.kind, t.severity, t.state, t.count, "  # noqa: S608
            "t.last_seen_at, t.ended_at, "
            + ", ".join(f"a.{column}" for column in ALARM_COLUMNS.split(", "))
            + " FROM telling l JOIN transition t ON t.id = l.transition_id "
            "JOIN alarm a ON a.id = t.alarm_id WHERE l.delivery_id IN",
            [row[0] for row in rows if row[10] is None],
        )
    }
    found: list[Outgoing] = []
    for row in rows:
        if row[10] is None:
            transition, alarm = told[row[0]]
        else:
            transition, alarm = TransitionKind.ACTIVE, alarm_from_dict(json.loads(row[10]))
        found.append(
            Outgoing(
                id=row[0],
                action=row[1],
                kind=row[2],
                configuration=row[3],
                severity=row[4],
                message_id=row[5],
                recipients=recipients_from_json(row[6]),
                queued_at=row[7],
                expires_at=row[8],
                attempts=row[9],
                is_test=row[10] is not None,
                transition=transition,
                alarm=alarm,
            )
        )
    return found


def claim(ids: Sequence[str], owner: str, lease_until: Instant) -> set[str]:
    """Take deliveries for sending; gives those that were still free."""
    if not ids:
        return set()
    marks = ",".join(["%s"] * len(ids))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE delivery SET state = 'sending', attempts = attempts + 1, "  # noqa: S608
            f"lease_owner = %s, lease_until = %s WHERE id IN ({marks}) "
            "AND state IN ('queued', 'retrying') RETURNING id",
            [owner, lease_until, *ids],
        )
        return {row[0] for row in cursor.fetchall()}


def release(ids: Sequence[str], owner: str) -> list[str]:
    """Put claims back of which nothing reached the wire; gives the kind of each."""
    marks = ",".join(["%s"] * len(ids))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE delivery SET state = 'queued', attempts = attempts - 1, "  # noqa: S608
            f"lease_owner = NULL, lease_until = NULL WHERE id IN ({marks}) "
            "AND lease_owner = %s AND state = 'sending' RETURNING kind",
            [*ids, owner],
        )
        return [row[0] for row in cursor.fetchall()]


def record(outcomes: Sequence[Outcome], owner: str) -> None:
    """Write outcomes and their attempts; only of deliveries that are still ours."""
    if not outcomes:
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE delivery SET state = %s, recipients = %s, code = %s, delivered_at = %s, "
            "finished_at = %s, not_before = %s, maybe_twice = (maybe_twice OR %s), "
            "lease_owner = NULL, lease_until = NULL "
            "WHERE id = %s AND lease_owner = %s AND state = 'sending'",
            [
                (
                    one.state.value,
                    recipients_to_json(one.recipients),
                    one.code,
                    one.finished_at if one.state is DeliveryState.DELIVERED else None,
                    None if one.state is DeliveryState.RETRYING else one.finished_at,
                    one.not_before,
                    one.in_doubt and one.state is DeliveryState.RETRYING,
                    one.delivery_id,
                    owner,
                )
                for one in outcomes
            ],
        )
    insert_many(
        "attempt",
        "delivery_id, connection_id, number, started_at, finished_at, ok, in_doubt, code, facts, "
        "reply, transcript",
        [
            (
                one.delivery_id,
                one.connection_id,
                one.number,
                one.started_at,
                one.finished_at,
                one.ok,
                one.in_doubt,
                one.code,
                to_json(one.facts),
                one.reply,
                transcript_to_json(one.transcript),
            )
            for one in outcomes
        ],
    )


def record_connection(connection_id: str, evidence: ConnectionEvidence) -> None:
    """Keep what a connection showed, and each certificate that is new."""
    prints = [hashlib.sha256(der).hexdigest() for der in evidence.chain]
    with connection.cursor() as cursor:
        for sha256, der in zip(prints, evidence.chain, strict=True):
            cursor.execute(
                "INSERT INTO seen_certificate (sha256, der, first_seen_at) VALUES (%s, %s, %s) "
                "ON CONFLICT (sha256) DO NOTHING",
                [sha256, der, evidence.opened_at],
            )
    insert_many(
        "connection",
        "id, relay, host, port, address, opened_at, tls_version, cipher, chain, resumed, "
        "transcript",
        [
            (
                connection_id,
                evidence.relay,
                evidence.host,
                evidence.port,
                evidence.address,
                evidence.opened_at,
                evidence.tls_version,
                evidence.cipher,
                to_json(prints),
                evidence.resumed,
                transcript_to_json(evidence.transcript),
            )
        ],
    )


def renew_leases(owner: str, until: Instant) -> None:
    """Say that the deliveries of this owner are still being sent."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE delivery SET lease_until = %s WHERE lease_owner = %s AND state = 'sending'",
            [until, owner],
        )


def take_back(now: Instant, node: str, owner: str) -> list[tuple[str, str, int, bool]]:
    """Return deliveries whose sender is gone: (id, kind, attempts, is_test) of each.

    Gone means: its lease ran out, or it is another instance on this node, of which
    there is never more than one alive. What it may have handed to a relay is in
    doubt: a real delivery is sent again under the same Message-ID and marked, a
    test ends as unknown.
    """
    prefix = f"{node}/"
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE delivery SET "
            "state = CASE WHEN sample IS NULL THEN 'retrying' ELSE 'unknown' END, "
            "maybe_twice = %s, code = 'smtp.outcome-unknown', not_before = %s, "
            "finished_at = CASE WHEN sample IS NULL THEN NULL ELSE %s END, "
            "lease_owner = NULL, lease_until = NULL "
            "WHERE state = 'sending' AND (lease_until < %s OR "
            "(substr(lease_owner, 1, %s) = %s AND lease_owner <> %s)) "
            "RETURNING id, kind, attempts, sample IS NOT NULL",
            [True, now, now, now, len(prefix), prefix, owner],
        )
        taken = [(row[0], row[1], row[2], bool(row[3])) for row in cursor.fetchall()]
    insert_many(
        "attempt",
        "delivery_id, number, started_at, finished_at, ok, in_doubt, code, facts, transcript",
        [
            (id_, number, now, now, False, True, "smtp.outcome-unknown", "{}", "[]")
            for id_, _, number, _ in taken
        ],
    )
    return taken


def expire(now: Instant, limit: int) -> list[tuple[str, str]]:
    """Give up deliveries that waited past their expiry: (id, kind) of each."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE delivery SET state = 'failed', finished_at = %s WHERE id IN "
            "(SELECT id FROM delivery WHERE state IN ('queued', 'retrying') "
            "AND expires_at <= %s LIMIT %s) AND state IN ('queued', 'retrying') "
            "RETURNING id, kind",
            [now, now, limit],
        )
        rows: list[tuple[str, str]] = cursor.fetchall()
        return rows
