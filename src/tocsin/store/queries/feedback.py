"""Feedback of Amazon SES: finding the delivery that it is about, and keeping what it says.

Everything takes many rows at once: feedback comes in thousands.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection

from tocsin.base.clock import Instant
from tocsin.ses.event import Event, EventKind, Fate
from tocsin.ses.feedback import RANK, Receipt, Standing
from tocsin.store.queries.rows import insert_many, select_in, to_json

_TAKEN = re.compile(r"\A250[ -](?:2\.[0-9.]+ )?Ok ([A-Za-z0-9._@-]{16,100})\s*\Z", re.IGNORECASE)
_MOST_WAITING = 20_000
_MOST_QUARANTINED = 2_000
_LONGEST_KEPT = 64 * 1024

Key = tuple[str, str]
"""Id of a delivery, and the address as it stands among its recipients."""


@dataclass(slots=True)
class Known:
    """A delivery that feedback may be about: its recipients by their lower case."""

    id: str
    action: str
    addresses: dict[str, str]


def relay_id_of(reply: str | None) -> str | None:
    """The id in a final 250 of Amazon SES: ``250 Ok 0100019d…-000000``."""
    found = _TAKEN.match(reply) if reply is not None else None
    return found[1] if found else None


def keep_relay_ids(taken: Iterable[tuple[str | None, str]]) -> None:
    """Remember (final reply, delivery) of messages that a relay took, where it gave an id."""
    rows = [(id_, delivery) for reply, delivery in taken if (id_ := relay_id_of(reply))]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO relay_message (relay_id, delivery_id) VALUES (%s, %s) "
                "ON CONFLICT (relay_id) DO NOTHING",
                rows,
            )


_DELIVERY = "SELECT {}, d.id, d.action, d.recipients FROM delivery d"


def deliveries_by_relay_id(ids: Collection[str]) -> dict[str, Known]:
    """The deliveries that a relay gave these ids."""
    statement = (
        _DELIVERY.format("r.relay_id")
        + " JOIN relay_message r ON r.delivery_id = d.id WHERE r.relay_id IN"
    )
    return {row[0]: _known(row) for row in select_in(statement, list(ids))}


def deliveries_by_message_id(ids: Collection[str]) -> dict[str, Known]:
    """The deliveries that we gave these Message-IDs, which hold the delivery's own id."""
    own = {found[0] for one in ids if (found := _ID.search(one)) is not None}
    rows = select_in(_DELIVERY.format("d.message_id") + " WHERE d.id IN", list(own))
    return {row[0]: _known(row) for row in rows}


_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


def _known(row: Sequence[Any]) -> Known:
    addresses = {one["address"].lower(): one["address"] for one in orjson.loads(row[3])}
    return Known(row[1], row[2], addresses)


_RECEIPT = (
    "SELECT delivery_id, address, standing, at, type, subtype, code, detail FROM recipient_receipt"
)
_STANDINGS = {one.value: one for one in Standing}


def receipts_of(deliveries: Collection[str], *, lock: bool = False) -> dict[Key, Receipt]:
    """What is known of each recipient of these deliveries, where anything is."""
    rows = select_in(f"{_RECEIPT} WHERE delivery_id IN", list(deliveries), lock=lock)
    return {(row[0], row[1]): Receipt(_STANDINGS[row[2]], *row[3:]) for row in rows}


def save_receipts(changed: Mapping[Key, Receipt]) -> None:
    """Write receipts; one that another wrote meanwhile is never lowered."""
    if not changed:
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO recipient_receipt "
            "(delivery_id, address, rank, standing, at, type, subtype, code, detail) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) "
            "ON CONFLICT (delivery_id, address) DO UPDATE SET rank = excluded.rank, "
            "standing = excluded.standing, at = excluded.at, type = excluded.type, "
            "subtype = excluded.subtype, code = excluded.code, detail = excluded.detail "
            "WHERE excluded.rank > recipient_receipt.rank OR "
            "(excluded.rank = recipient_receipt.rank AND excluded.at <= recipient_receipt.at)",
            [
                # In one order everywhere, so that two writers never wait for each other.
                (*key, RANK[one.standing], one.standing.value, *one[1:])
                for key, one in sorted(changed.items())
            ],
        )


def new_ids(ids: Sequence[str], at: Instant) -> set[str]:
    """Keep the ids of messages; gives those that were not there before."""
    if not ids:
        return set()
    marks = ",".join(["(%s, %s)"] * len(ids))
    values = [value for one in sorted(ids) for value in (one, at)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO feedback_seen (id, seen_at) VALUES {marks} "  # noqa: S608
            "ON CONFLICT (id) DO NOTHING RETURNING id",
            values,
        )
        return {row[0] for row in cursor.fetchall()}


def keep_waiting(events: Iterable[Event], at: Instant) -> None:
    """Put events aside of which no delivery is known yet."""
    insert_many(
        "feedback_waiting",
        "relay_id, event, received_at",
        [(one.ses_id, _event_to_json(one), at) for one in events],
    )


def take_waiting(limit: int) -> list[Event]:
    """Take out events whose delivery is known by now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM feedback_waiting WHERE id IN (SELECT w.id FROM feedback_waiting w "
            "JOIN relay_message r ON r.relay_id = w.relay_id ORDER BY w.id LIMIT %s) "
            "RETURNING event",
            [limit],
        )
        return [_event_from_json(row[0]) for row in cursor.fetchall()]


def _event_to_json(one: Event) -> str:
    fates = [(fate.address, fate.code, fate.detail) for fate in one.fates]
    return to_json(
        [one.kind.value, one.ses_id, one.message_id, one.at, fates, one.type, one.subtype]
    )


def _event_from_json(text: str) -> Event:
    kind, ses_id, message_id, at, fates, type_, subtype = orjson.loads(text)
    told = tuple(Fate(*one) for one in fates)
    return Event(EventKind(kind), ses_id, message_id, at, told, type_, subtype)


def quarantine(bad: Iterable[tuple[str, str]], channel: str, at: Instant) -> None:
    """Keep what could not be read: (reason, body) of each."""
    nul = "\N{REPLACEMENT CHARACTER}"
    insert_many(
        "feedback_quarantined",
        "received_at, channel, reason, body",
        [
            # NUL is no text to PostgreSQL.
            (
                at,
                channel,
                reason[:500],
                body[:_LONGEST_KEPT].replace("\0", nul),
            )
            for reason, body in bad
        ],
    )


def note_taken(channel: str, events: int, at: Instant) -> None:
    """Remember that so many events came in by this way now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO feedback_channel (channel, last_at, events) VALUES (%s, %s, %s) "
            "ON CONFLICT (channel) DO UPDATE SET last_at = excluded.last_at, "
            "events = feedback_channel.events + excluded.events",
            [channel, at, events],
        )


def standings_since(first_delivery: str) -> dict[Standing, int]:
    """How many recipients have each standing, of deliveries from that id on.

    Ids sort by the time they were made, so that only the deliveries of that time are read.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT standing, count(*) FROM recipient_receipt WHERE delivery_id >= %s "
            "GROUP BY standing",
            [first_delivery],
        )
        return {_STANDINGS[standing]: count for standing, count in cursor.fetchall()}


def forget(*, seen_before: Instant, waiting_before: Instant, bad_before: Instant) -> int:
    """Drop what is of no use any more; gives how many events waited in vain."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM feedback_seen WHERE seen_at < %s", [seen_before])
        cursor.execute(
            "DELETE FROM feedback_waiting WHERE received_at < %s OR id <= "
            "(SELECT max(id) FROM feedback_waiting) - %s",
            [waiting_before, _MOST_WAITING],
        )
        vain = int(cursor.rowcount)
        cursor.execute(
            "DELETE FROM feedback_quarantined WHERE received_at < %s OR id <= "
            "(SELECT max(id) FROM feedback_quarantined) - %s",
            [bad_before, _MOST_QUARANTINED],
        )
    return max(0, vain)


def flag(rows: Sequence[tuple[str, Instant, str, str, str | None, str]]) -> set[str]:
    """Flag addresses: (address, since, standing, reason, code, delivery). Gives the new ones."""
    new = set()
    with connection.cursor() as cursor:
        for row in sorted(rows):
            cursor.execute(
                "INSERT INTO recipient_flag (address, since, standing, reason, code, delivery_id) "
                "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (address) DO NOTHING "
                "RETURNING address",
                row,
            )
            new |= {one[0] for one in cursor.fetchall()}
    return new
