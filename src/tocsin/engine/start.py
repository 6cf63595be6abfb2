"""Open the store of a home: for each role and each command that needs one."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from tocsin.base.home import Home


def open_store(home: Home) -> None:
    """Load the web framework for that home and bring its tables up to date.

    Several processes may do this at once: one of them makes the tables.

    Raises:
        StoreUnreachable: the database cannot be opened.
    """
    os.environ["TOCSIN_HOME"] = str(home.folder)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tocsin.settings")
    home.make()

    import django  # noqa: PLC0415 -- commands that need no store must not load it

    django.setup()
    bring_schema_up_to_date(home)


class StoreUnreachable(Exception):
    """The database does not answer, or is not a store of ours."""


def bring_schema_up_to_date(home: Home) -> None:
    """Run the migrations that this program has and the database has not.

    Raises:
        StoreUnreachable: the database cannot be opened.
    """
    from django.db import DatabaseError, connection  # noqa: PLC0415
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415

    try:
        # Looking is cheap and needs no lock; most starts end here.
        executor = MigrationExecutor(connection)
        targets = executor.loader.graph.leaf_nodes()
        if not executor.migration_plan(targets):
            return
        with _one_at_a_time(home):
            from django.core.management import call_command  # noqa: PLC0415

            call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
    except DatabaseError as error:
        raise StoreUnreachable(str(error).strip()) from error


@contextmanager
def _one_at_a_time(home: Home) -> Iterator[None]:
    """Hold the right to change tables: among processes of this home, and of this database."""
    from django.db import connection  # noqa: PLC0415

    with (home.run / "schema.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if connection.vendor != "postgresql":
            yield
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_SCHEMA_LOCK])
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_SCHEMA_LOCK])


_SCHEMA_LOCK = 0x70C514
"""Any number that no other program is likely to lock in the same database."""
