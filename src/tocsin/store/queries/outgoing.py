"""What of the outbox may be sent now, with everything needed to make the messages."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from django.db import connection

from tocsin.base.clock import MINUTE, Instant
from tocsin.domain.alarm import TransitionKind
from tocsin.domain.delivery import Recipient
from tocsin.domain.telling import Telling
from tocsin.store.queries.rows import (
    ALARM_COLUMNS,
    alarm_from_dict,
    as_judged,
    recipients_from_json,
    select_in,
)

MOST_TELLINGS = 1_000
"""Of a digest that tells more, the gravest are at hand; how many there are is known."""

_TELLINGS_AT_ONCE = 5_000
"""Bounds the memory that digests take."""

_OLDEST_EACH = 8
"""One of so many that are taken is the oldest, however light: it goes too, in the end."""
_RETRY_EACH = 4
"""One of so many is a retry, while there is anything else: a relay that is slow to take
some must not keep the others."""

_LONGEST_WAIT: Instant = 25 * MINUTE
"""No retry is planned further ahead. One that seems to be was planned before the clock was
set back, and is due."""


@dataclass(slots=True)  # one for each attempt: freezing would triple what it costs to make
class Outgoing:
    """A delivery that waits to be sent, with what it tells, gravest first. Never altered."""

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
    told: int
    """How many transitions it tells; `tellings` may hold fewer."""
    tellings: tuple[Telling, ...]


_COLUMNS = (
    "id, action, kind, configuration, severity, message_id, recipients, queued_at, expires_at, "
    "attempts, told, sample"
)
_TOLD, _SAMPLE = 10, 11
_KINDS = {kind.value: kind for kind in TransitionKind}


def waiting(
    now: Instant, limit: int, *, tests: bool = False, without: Collection[str] = ()
) -> list[Outgoing]:
    """Deliveries that may be sent now, in the order they should go; nothing is claimed.

    The gravest go first, and among them the oldest; some places are kept for the oldest
    of all, and for retries. With `tests` only those that Test Action asked for, else only
    the others; never those of `without`, which the caller has at hand already.
    """
    most = limit + len(without)
    sample = "IS NOT NULL" if tests else "IS NULL"
    queued = f"SELECT {_COLUMNS} FROM delivery WHERE state = 'queued' AND sample {sample} "  # noqa: S608
    gravest = _select(f"{queued} ORDER BY severity DESC, id LIMIT %s", [most], without)
    oldest: list[Any] = []
    if len(gravest) >= limit:
        share = len(without) + limit // _OLDEST_EACH + 1
        oldest = _select(f"{queued} ORDER BY id LIMIT %s", [share], without)
    retrying = (
        f"SELECT {_COLUMNS} FROM delivery WHERE state = 'retrying' AND sample {sample} "  # noqa: S608
        "AND not_before {} %s ORDER BY not_before LIMIT %s"
    )
    retries = _select(retrying.format("<="), [now, most], without)
    retries += _select(retrying.format(">"), [now + _LONGEST_WAIT, most], without)
    return _outgoing(list(_bounded(islice(_merged(gravest, oldest, retries), limit))))


def _select(statement: str, values: list[Any], without: Collection[str]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [row for row in cursor.fetchall() if row[0] not in without]


def _merged(gravest: list[Any], oldest: list[Any], retries: list[Any]) -> Iterator[Any]:
    """Each once: mostly the gravest, now and then one of the oldest, or a retry."""
    given: set[str] = set()
    places: dict[int, Iterator[Any]] = {_OLDEST_EACH: iter(oldest), _RETRY_EACH: iter(retries)}
    place = 0
    main = iter(gravest)
    while True:
        place += 1
        others = [rows for each, rows in places.items() if place % each == 0]
        row = next((one for one in chain(*others, main) if one[0] not in given), None)
        if row is None:
            break
        given.add(row[0])
        yield row
    yield from (row for row in chain(retries, oldest) if row[0] not in given)


def _bounded(rows: Iterable[Any]) -> Iterator[Any]:
    tellings = 0
    for row in rows:
        tellings += min(row[_TOLD], MOST_TELLINGS)
        yield row
        if tellings >= _TELLINGS_AT_ONCE:
            return


_TELLING = (
    "SELECT l.delivery_id, t.kind, t.severity, t.state, t.count, t.last_seen_at, t.ended_at, "  # noqa: S608
    + ", ".join(f"a.{column}" for column in ALARM_COLUMNS.split(", "))
    + " FROM telling l JOIN transition t ON t.id = l.transition_id "
    "JOIN alarm a ON a.id = t.alarm_id WHERE l.delivery_id "
)


def _outgoing(rows: Sequence[Any]) -> list[Outgoing]:
    told: dict[str, tuple[Telling, ...]] = {
        row[0]: (_telling(row),)
        for row in select_in(f"{_TELLING} IN", [row[0] for row in rows if row[_TOLD] == 1])
    }
    for row in rows:
        if row[_TOLD] > 1:
            told[row[0]] = _gravest(row[0])
        elif row[_SAMPLE] is not None:
            sample = alarm_from_dict(json.loads(row[_SAMPLE]))
            told[row[0]] = (Telling(sample, TransitionKind.ACTIVE),)
    return [
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
            is_test=row[_SAMPLE] is not None,
            told=max(row[_TOLD], 1),
            tellings=told[row[0]],
        )
        for row in rows
    ]


def _telling(row: Sequence[Any]) -> Telling:
    return Telling(as_judged(row[7:], row[2:7]), _KINDS[row[1]])


def _gravest(delivery: str) -> tuple[Telling, ...]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_TELLING} = %s ORDER BY t.severity DESC, t.id LIMIT %s", [delivery, MOST_TELLINGS]
        )
        return tuple(_telling(row) for row in cursor.fetchall())
