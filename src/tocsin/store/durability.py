"""Transactions that need not wait for the disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def atomic_unsynced() -> Iterator[None]:
    """A transaction whose commit does not wait until it has reached the disk.

    For work that is simply done again when the power fails before that. A killed process
    loses nothing of it, and a later commit that does wait takes it along: both databases
    write their logs in order (SQLite "WAL mode", PRAGMA synchronous; PostgreSQL,
    synchronous_commit).
    """
    if connection.in_atomic_block:  # the outer one decides
        with transaction.atomic():
            yield
        return
    if connection.vendor != "sqlite":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL synchronous_commit TO OFF")
            yield
        return
    _synchronous("NORMAL")
    try:
        with transaction.atomic():
            yield
    finally:
        _synchronous("FULL")


def _synchronous(how: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA synchronous={how}")
