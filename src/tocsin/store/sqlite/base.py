"""The embedded database: several processes write, one at a time, none waits longer than it must.

SQLite's own wait for a lock sleeps 1, 2, 5, 10, 15, 20, 25 … milliseconds between its
looks. An alarm passes through four short transactions of three processes on its way to a
mail, and each such sleep is longer than all of them together. What waits there also holds
its connection, and with it whoever cleans up after that connection in another thread: so
every write of a process with threads begins with a transaction.
"""

from __future__ import annotations

import time

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

WAIT_S = 30.0
"""How long a transaction waits for its turn before it fails as locked."""

_FIRST_PAUSE_S = 0.0002
_LONGEST_PAUSE_S = 0.02
_GROWTH = 1.2


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that begins its transactions as soon as the one before has ended."""

    def _start_transaction_under_autocommit(self) -> None:
        give_up = time.monotonic() + WAIT_S
        pause = _FIRST_PAUSE_S
        while True:
            try:
                with self.cursor() as cursor:
                    cursor.execute("PRAGMA busy_timeout=0")
                super()._start_transaction_under_autocommit()  # type: ignore[misc]
            except OperationalError as error:
                if not _is_locked(error) or time.monotonic() >= give_up:
                    raise
            else:
                return
            finally:
                # Statements outside of a transaction have SQLite's own wait.
                with self.cursor() as cursor:
                    cursor.execute(f"PRAGMA busy_timeout={int(WAIT_S * 1000)}")
            time.sleep(pause)
            pause = min(pause * _GROWTH, _LONGEST_PAUSE_S)


def _is_locked(error: OperationalError) -> bool:
    """Another writes just now (SQLITE_BUSY)."""
    return "database is locked" in str(error)
