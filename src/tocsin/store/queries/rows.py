"""Rows to domain values and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from django.db import connection

from tocsin.domain.alarm import UNKNOWN_HOST, Alarm, AlarmState, Host
from tocsin.domain.delivery import Exchange, Recipient, RecipientState
from tocsin.domain.severity import Severity

_CHUNK = 400
"""Values in one IN list: below SQLite's limit of parameters on any build."""

ALARM_COLUMNS = (
    "id, source, source_type, type, category, severity, state, dedup_key, received_at, count, "
    "started_at, last_seen_at, ended_at, source_host, target_host, protocol, details, url, "
    "attributes"
)

_STATES = {state.value: state for state in AlarmState}
_RECIPIENT_STATES = {state.value: state for state in RecipientState}


def to_json(value: object) -> str:
    """Compact JSON for a text column."""
    return orjson.dumps(value).decode()


def host_to_json(host: Host) -> str:
    """Only what is known of the host."""
    if host is UNKNOWN_HOST:
        return "{}"
    return to_json(host_to_dict(host))


def host_to_dict(host: Host) -> dict[str, Any]:
    """Only what is known of the host, by the names of the contract."""
    known: dict[str, Any] = {}
    if host.ip is not None:
        known["ip"] = host.ip
    if host.port is not None:
        known["port"] = host.port
    if host.name is not None:
        known["name"] = host.name
    if host.mac is not None:
        known["mac"] = host.mac
    if host.user is not None:
        known["user"] = host.user
    if host.groups:
        known["groups"] = list(host.groups)
    return known


def host_from_json(text: str) -> Host:
    """The host of a stored column."""
    if text == "{}":
        return UNKNOWN_HOST
    known = orjson.loads(text)
    groups = known.get("groups")
    if groups is not None:
        known["groups"] = tuple(groups)
    return Host(**known)


def alarm_from_row(row: Sequence[Any]) -> Alarm:
    """An alarm from the columns of `ALARM_COLUMNS`, in that order."""
    return Alarm(
        id=row[0],
        source=row[1],
        source_type=row[2],
        type=row[3],
        category=row[4],
        severity=Severity.of_rank(row[5]),
        state=_STATES[row[6]],
        dedup_key=row[7],
        received_at=row[8],
        count=row[9],
        started_at=row[10],
        last_seen_at=row[11],
        ended_at=row[12],
        source_host=host_from_json(row[13]),
        target_host=host_from_json(row[14]),
        protocol=row[15],
        details=row[16],
        url=row[17],
        attributes=orjson.loads(row[18]) if row[18] != "{}" else {},
    )


def alarm_to_dict(alarm: Alarm) -> dict[str, Any]:
    """An alarm as plain data, times as instants; what a test's sample is stored as."""
    return {
        "id": alarm.id,
        "source": alarm.source,
        "source_type": alarm.source_type,
        "type": alarm.type,
        "category": alarm.category,
        "severity": alarm.severity.rank,
        "state": alarm.state.value,
        "dedup_key": alarm.dedup_key,
        "received_at": alarm.received_at,
        "count": alarm.count,
        "started_at": alarm.started_at,
        "last_seen_at": alarm.last_seen_at,
        "ended_at": alarm.ended_at,
        "source_host": host_to_json(alarm.source_host),
        "target_host": host_to_json(alarm.target_host),
        "protocol": alarm.protocol,
        "details": alarm.details,
        "url": alarm.url,
        "attributes": to_json(dict(alarm.attributes)),
    }


def alarm_from_dict(stored: dict[str, Any]) -> Alarm:
    """The inverse of `alarm_to_dict`."""
    return alarm_from_row(list(stored.values()))


def recipients_to_json(recipients: Iterable[Recipient]) -> str:
    """The recipients of a delivery for its column."""
    return to_json(
        [
            {
                "address": one.address,
                "state": one.state.value,
                "reply": one.reply,
                "receipt": one.receipt,
            }
            for one in recipients
        ]
    )


def recipients_from_json(text: str) -> tuple[Recipient, ...]:
    """The recipients of a stored delivery."""
    return tuple(
        Recipient(one["address"], _RECIPIENT_STATES[one["state"]], one["reply"], one["receipt"])
        for one in orjson.loads(text)
    )


def transcript_to_json(transcript: Iterable[Exchange]) -> str:
    """A transcript for its column."""
    return to_json([tuple(one) for one in transcript])


def transcript_from_json(text: str) -> tuple[Exchange, ...]:
    """A stored transcript."""
    return tuple(Exchange(*one) for one in orjson.loads(text))


def select_in(statement: str, values: Sequence[Any], *, lock: bool = False) -> list[Any]:
    """All rows of a SELECT that ends in ``IN``, for any number of values.

    With `lock` the rows stay as they are until the transaction ends (where the
    database lets several transactions write at once).
    """
    rows: list[Any] = []
    suffix = " FOR UPDATE" if lock and connection.features.has_select_for_update else ""
    with connection.cursor() as cursor:
        for start in range(0, len(values), _CHUNK):
            part = values[start : start + _CHUNK]
            marks = ",".join(["%s"] * len(part))
            cursor.execute(f"{statement} ({marks}){suffix}", part)
            rows.extend(cursor.fetchall())
    return rows


def insert_many(table: str, columns: str, rows: Sequence[Sequence[Any]]) -> None:
    """Insert many rows with one statement."""
    if not rows:
        return
    marks = ",".join(["%s"] * len(rows[0]))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} ({columns}) VALUES ({marks})",  # noqa: S608 -- names are ours
            rows,
        )


def as_judged(alarm: Sequence[Any], changing: Sequence[Any]) -> Alarm:
    """The alarm of a row with severity, state, count and times as a transition has them."""
    row = list(alarm)
    row[_SEVERITY], row[_STATE], row[_COUNT], row[_LAST_SEEN_AT], row[_ENDED_AT] = changing
    return alarm_from_row(row)


_SEVERITY, _STATE, _COUNT, _LAST_SEEN_AT, _ENDED_AT = (
    ALARM_COLUMNS.split(", ").index(name)
    for name in ("severity", "state", "count", "last_seen_at", "ended_at")
)
