"""Numbers of the manager that only grow."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import connection

from tocsin.store.models import Counter

Counts = Mapping[tuple[str, str], int]
"""How much to add for each (name, labels)."""


def add(counts: Counts) -> None:
    """Add to counters, in the transaction of what they count.

    Rows are taken in one order everywhere, so that two writers never wait for each other.
    """
    if not counts:
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO counter (name, labels, value) VALUES (%s, %s, %s) "
            "ON CONFLICT (name, labels) DO UPDATE SET value = counter.value + excluded.value",
            [(name, labels, value) for (name, labels), value in sorted(counts.items())],
        )


def all_counters() -> list[tuple[str, str, int]]:
    """Every counter as (name, labels, value), in the order of their names."""
    return list(Counter.objects.order_by("name", "labels").values_list("name", "labels", "value"))
