"""Numbers of the manager that only grow."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Mapping

from django.db import connection

from tocsin.base.clock import MINUTE, Instant
from tocsin.store.models import Counter, DeliveryTally

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


SPAN: Instant = 5 * MINUTE
"""How finely entries into states are counted over time."""


def add_deliveries(entries: Iterable[tuple[str, str]], now: Instant) -> None:
    """Count deliveries that entered a state: (kind, state) of each, in its transaction."""
    entered = Tally(entries)
    add(
        {
            ("tocsin_deliveries_total", f'kind="{kind}",state="{state}"'): count
            for (kind, state), count in entered.items()
        }
    )
    states: Tally[str] = Tally()
    for (_, state), count in entered.items():
        states[state] += count
    at = now - now % SPAN
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO delivery_tally (at, state, entries) VALUES (%s, %s, %s) "
            "ON CONFLICT (at, state) DO UPDATE "
            "SET entries = delivery_tally.entries + excluded.entries",
            [(at, state, count) for state, count in sorted(states.items())],
        )


def deliveries_over_time(since: Instant) -> list[tuple[Instant, str, int]]:
    """How many deliveries entered each state in each span since then."""
    return list(
        DeliveryTally.objects.filter(at__gte=since - since % SPAN)
        .order_by("at", "state")
        .values_list("at", "state", "entries")
    )


def forget_tallies(before: Instant) -> None:
    """Drop what was counted of spans before a moment."""
    DeliveryTally.objects.filter(at__lt=before).delete()


def all_counters() -> list[tuple[str, str, int]]:
    """Every counter as (name, labels, value), in the order of their names."""
    return list(Counter.objects.order_by("name", "labels").values_list("name", "labels", "value"))
