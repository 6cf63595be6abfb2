"""Windows in which an action gathers alarms for one mail, and the mails below its ceiling.

All of an action's rows belong to whoever took its turn, until that transaction ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.db import connection

from tocsin.base.clock import HOUR, Instant
from tocsin.rules.storm import OVERFLOW, SKEW, Window
from tocsin.store.queries.rows import insert_many, select_in

_CHUNK = 400
"""Keys in one statement."""


def take_turn(action: str) -> Window:
    """Make sure that nobody else gathers for this action at the same time.

    Whoever takes turns for several actions takes them in the order of their names.
    Gives the window of what is over the ceiling; one that was never begun closed long ago.
    """
    with connection.cursor() as cursor:
        # The row is written, though it stays as it is: that is what others wait for.
        cursor.execute(
            "INSERT INTO gathering (action, key, closes_at) VALUES (%s, %s, 0) "
            "ON CONFLICT (action, key) DO UPDATE SET key = excluded.key "
            "RETURNING closes_at, delivery_id",
            [action, OVERFLOW],
        )
        return Window(*cursor.fetchone())


def windows(action: str, keys: Sequence[str]) -> dict[str, Window]:
    """The windows that there are of these groups."""
    found: dict[str, Window] = {}
    with connection.cursor() as cursor:
        for start in range(0, len(keys), _CHUNK):
            part = keys[start : start + _CHUNK]
            marks = ",".join(["%s"] * len(part))
            cursor.execute(
                "SELECT key, closes_at, delivery_id FROM gathering "  # noqa: S608
                f"WHERE action = %s AND key IN ({marks})",
                [action, *part],
            )
            found.update((row[0], Window(row[1], row[2])) for row in cursor.fetchall())
    return found


def still_gathering(digests: Sequence[str], kind: str, recipients: str) -> set[str]:
    """Those digests that more can be added to, for these recipients.

    They stay so until the transaction ends: who would send or cancel one waits.
    """
    rows = select_in(
        "SELECT id, kind, recipients FROM delivery WHERE state = 'held' AND hold = 'gathering' "
        "AND id IN",
        digests,
        lock=True,
    )
    return {row[0] for row in rows if row[1] == kind and row[2] == recipients}


def keep_windows(action: str, changed: Mapping[str, Window]) -> None:
    """Write windows that are new or other than they were."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO gathering (action, key, closes_at, delivery_id) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT (action, key) DO UPDATE "
            "SET closes_at = excluded.closes_at, delivery_id = excluded.delivery_id",
            [(action, key, one.closes_at, one.digest) for key, one in sorted(changed.items())],
        )


def forget_windows(before: Instant) -> None:
    """Drop the windows of groups that closed before that moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM gathering WHERE closes_at < %s AND key <> %s", [before, OVERFLOW]
        )


def mails_due(action: str, now: Instant) -> list[Instant]:
    """When the mails are due that count for an action's ceiling; older ones are dropped.

    A mail that is not due yet and gathers no more counts as one of now: a person sent or
    cancelled it, or the clock was set back since.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM mail_slot WHERE action = %s AND due_at < %s", [action, now - HOUR - SKEW]
        )
        cursor.execute(
            "UPDATE mail_slot SET due_at = %s WHERE action = %s AND due_at > %s AND NOT EXISTS "
            "(SELECT 1 FROM delivery WHERE state = 'held' AND hold = 'gathering' "
            "AND not_before = mail_slot.due_at AND delivery.action = mail_slot.action)",
            [now, action, now + SKEW],
        )
        cursor.execute("SELECT due_at FROM mail_slot WHERE action = %s", [action])
        return [row[0] for row in cursor.fetchall()]


def count_mails(action: str, due: Iterable[Instant]) -> None:
    """Add mails that count for an action's ceiling."""
    insert_many("mail_slot", "action, due_at", [(action, one) for one in due])
