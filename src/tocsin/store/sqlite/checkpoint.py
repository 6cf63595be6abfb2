"""Moving what was committed from the log into the database file, beside the work.

SQLite does this in whichever commit makes the log 1,000 pages long (``PRAGMA
wal_autocheckpoint``): one alarm in a few dozen would wait for two more writes to the disk.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing

from django.db import connection


def checkpoint() -> None:
    """Move what can be moved without holding anybody up; does nothing on PostgreSQL."""
    if connection.vendor != "sqlite":
        return
    with closing(sqlite3.connect(str(connection.settings_dict["NAME"]), timeout=1)) as own:
        own.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
