"""Many deliveries out of few: each row of a home's outbox copied inside the database."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

# What makes a copy a row of its own; `n` counts the copies. An id keeps its first groups,
# and so its place in time.
_NEW_ID = "substr({0}, 1, 24) || printf('%012x', n)"
_NEW_NUMBER = "{0} + n * (SELECT max(id) FROM transition_few)"
_OTHER = {
    "alarm": {"id": _NEW_ID, "dedup_key": "{0} || '#' || n"},
    "transition": {"id": _NEW_NUMBER, "alarm_id": _NEW_ID},
    "delivery": {
        "id": _NEW_ID,
        "message_id": "'<' || " + _NEW_ID.format("id") + " || substr(message_id, 38)",
    },
    "telling": {
        "id": "{0} + n * (SELECT max(id) FROM telling_few)",
        "delivery_id": _NEW_ID,
        "transition_id": _NEW_NUMBER,
    },
}


def multiply(database: Path, times: int) -> None:
    """Make so many deliveries of each, with their alarms and transitions."""
    with closing(sqlite3.connect(database, isolation_level=None)) as store:
        store.execute("PRAGMA synchronous = OFF")
        store.execute("PRAGMA cache_size = -200000")
        store.execute("CREATE TEMP TABLE copies (n INTEGER PRIMARY KEY)")
        store.executemany("INSERT INTO copies VALUES (?)", ((n,) for n in range(1, times)))
        for table in _OTHER:
            store.execute(f"CREATE TEMP TABLE {table}_few AS SELECT * FROM {table}")
        store.execute("BEGIN")
        for table, other in _OTHER.items():
            names = [row[1] for row in store.execute(f"PRAGMA table_info({table})")]
            values = [other.get(name, "{0}").format(f'few."{name}"') for name in names]
            store.execute(
                f"INSERT INTO {table} ({', '.join(_quoted(names))}) "
                f"SELECT {', '.join(values)} FROM {table}_few AS few CROSS JOIN copies"
            )
        store.execute("COMMIT")
        store.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _quoted(names: list[str]) -> list[str]:
    return [f'"{name}"' for name in names]
