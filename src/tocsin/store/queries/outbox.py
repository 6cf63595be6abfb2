"""The outbox: claims and leases, and what came of each attempt.

The invariants that these statements keep are written down in ``docs/outbox.md``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from tocsin.base.clock import MINUTE, Instant
from tocsin.domain.delivery import (
    OPEN_STATES,
    ConnectionEvidence,
    DeliveryState,
    Exchange,
    HoldReason,
    Recipient,
)
from tocsin.store.queries.rows import (
    insert_many,
    recipients_to_json,
    to_json,
    transcript_to_json,
)


@dataclass(slots=True)  # one for each attempt: freezing would triple what it costs to make
class Outcome:
    """What came of one attempt, and so of its delivery. Never altered."""

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
    hold: HoldReason | None = None
    """Why it is held, where that is the state."""
    taken: int = 0
    """Recipients that the relay took it for."""


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
            "finished_at = %s, not_before = %s, maybe_twice = (maybe_twice OR %s), hold = %s, "
            "lease_owner = NULL, lease_until = NULL "
            "WHERE id = %s AND lease_owner = %s AND state = 'sending'",
            [
                (
                    one.state.value,
                    recipients_to_json(one.recipients),
                    one.code,
                    one.finished_at if one.state is DeliveryState.DELIVERED else None,
                    None if one.state in OPEN_STATES else one.finished_at,
                    one.not_before,
                    one.in_doubt and one.state in OPEN_STATES,
                    one.hold.value if one.hold is not None else None,
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
                to_json(one.facts) if one.facts else "{}",
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
        "id, relay, host, port, address, opened_at, tls_version, cipher, chain, resumed, rests_on, "
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
                evidence.rests_on,
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


def take_back(
    now: Instant, node: str, owner: str, *, hold: bool = False
) -> list[tuple[str, str, int, str]]:
    """Return deliveries whose sender is gone: (id, kind, attempts, new state) of each.

    Gone means: its lease ran out, or it is another instance on this node, of which
    there is never more than one alive; never `owner` itself, whose leases may seem to have
    run out when the clock was set. What it may have handed to a relay is in
    doubt: a real delivery is sent again under the same Message-ID, or held when `hold`
    says so, and marked; a test ends as unknown.
    """
    prefix = f"{node}/"
    again = DeliveryState.HELD if hold else DeliveryState.RETRYING
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE delivery SET "
            "state = CASE WHEN sample IS NULL THEN %s ELSE 'unknown' END, "
            "hold = CASE WHEN sample IS NULL THEN %s ELSE NULL END, "
            "maybe_twice = %s, code = 'smtp.outcome-unknown', not_before = %s, "
            "finished_at = CASE WHEN sample IS NULL THEN NULL ELSE %s END, "
            "lease_owner = NULL, lease_until = NULL "
            "WHERE state = 'sending' AND lease_owner <> %s AND "
            "(lease_until < %s OR substr(lease_owner, 1, %s) = %s) "
            "RETURNING id, kind, attempts, state",
            [
                again.value,
                HoldReason.IN_DOUBT.value if hold else None,
                True,
                now,
                now,
                owner,
                now,
                len(prefix),
                prefix,
            ],
        )
        taken: list[tuple[str, str, int, str]] = cursor.fetchall()
    insert_many(
        "attempt",
        "delivery_id, number, started_at, finished_at, ok, in_doubt, code, facts, transcript",
        [
            (id_, number, now, now, False, True, "smtp.outcome-unknown", "{}", "[]")
            for id_, _, number, _ in taken
        ],
    )
    return taken


def release_gathered(now: Instant) -> list[str]:
    """Let the deliveries go whose time of gathering is over; gives the kind of each.

    One that began in the future was begun before the clock was set back: it goes as well.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE delivery SET state = 'queued', hold = NULL, queued_at = %s "
            "WHERE state = 'held' AND hold = 'gathering' AND (not_before <= %s OR queued_at > %s) "
            "RETURNING kind",
            [now, now, now + MINUTE],
        )
        return [row[0] for row in cursor.fetchall()]


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
