"""Lists of deliveries for pages, API and commands."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from tocsin.base.clock import Instant
from tocsin.domain.delivery import DeliveryState
from tocsin.store.models import Delivery, RecipientReceipt, Telling

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


def matching(  # noqa: PLR0913 -- one for each condition
    *,
    state: str | None = None,
    action: str | None = None,
    alarm: str | None = None,
    test: bool | None = None,
    code: str | None = None,
    maybe_twice: bool | None = None,
    text: str | None = None,
    since: Instant | None = None,
    standings: Collection[str] | None = None,
    unsaid: Collection[str] | None = None,
) -> QuerySet[Delivery]:
    """The deliveries for which every given condition holds.

    `standings`: some recipient's receipt is one of these; `unsaid`: no recipient's is.
    """
    plain: dict[str, Any] = {
        "state": state,
        "action": action,
        "code": code,
        "maybe_twice": maybe_twice,
        # Ids sort by the time they were made, which is when a delivery is queued: the
        # newest are found without a look at the others.
        "id__gte": None if since is None else first_id(since),
    }
    found = Delivery.objects.filter(**{k: v for k, v in plain.items() if v is not None})
    if alarm is not None:
        telling = Telling.objects.filter(transition__alarm_id=alarm).values("delivery_id")
        found = found.filter(id__in=telling)
    if test is not None:
        found = found.filter(sample__isnull=not test)
    if standings is not None:
        receipts = RecipientReceipt.objects.filter(standing__in=standings)
        found = found.filter(id__in=receipts.values("delivery_id"))
    if unsaid is not None:
        own = RecipientReceipt.objects.filter(delivery=OuterRef("id"), standing__in=unsaid)
        found = found.filter(~Exists(own))
    return found if text is None else _with_text(found, text)


def _with_text(found: QuerySet[Delivery], text: str) -> QuerySet[Delivery]:
    # Every Message-ID holds the id of its delivery: it is looked up, not searched for.
    named = _ID.search(text.lower())
    if named is not None:
        return found.filter(id=named[0])
    return found.filter(recipients__icontains=text)


def first_id(at: Instant) -> str:
    """The lowest id that can have been made then."""
    digits = f"{max(at, 0) // 1000:012x}"
    return f"{digits[:8]}-{digits[8:]}-7000-8000-000000000000"


def counts_by_state() -> dict[str, int]:
    """How many deliveries are in each state that has any.

    Those delivered, nearly all of a long history, are what the others leave of all.
    """
    others = [one.value for one in DeliveryState if one is not DeliveryState.DELIVERED]
    marks = ",".join(["%s"] * len(others))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT state, count(*) FROM delivery WHERE state IN ({marks}) GROUP BY state "  # noqa: S608
            "UNION ALL SELECT '', count(*) FROM delivery",
            others,
        )
        found: dict[str, int] = dict(cursor.fetchall())
    every = found.pop("")
    return {**found, DeliveryState.DELIVERED.value: every - sum(found.values())}
