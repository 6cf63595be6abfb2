"""``await-production``: keep what the sandbox of Amazon SES refuses until it is left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction

from tocsin.base.clock import DAY, Instant, now
from tocsin.domain.delivery import DeliveryState, HoldReason, RecipientState
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine import handling
from tocsin.engine.handling import Handling
from tocsin.store import models
from tocsin.store.queries import counters
from tocsin.store.queries.rows import recipients_from_json

CODE = "ses.sandbox-recipient"
HOLDS = (
    "%(failed)s deliveries of the last 7 days that the sandbox refused are held, and %(waiting)s "
    "that wait to go to the same addresses. They go out when somebody releases them."
)

_BACK: Instant = 7 * DAY
"""Older alarms are no news to anybody."""
_UNTIL = ", until the SES sandbox is left"
"""After the name of whoever holds it: this is how these are told from others that are held."""
_LONGEST = 150


@dataclass(frozen=True, slots=True)
class Concerned:
    """Deliveries that the sandbox keeps from arriving, by id."""

    failed: tuple[str, ...]
    waiting: tuple[str, ...]


def concerned() -> Concerned:
    """What the sandbox refused, and what waits to go to the addresses that it refused."""
    failed, addresses = [], set()
    for row in _refused():
        failed.append(row.id)
        addresses |= set(_addresses(row, RecipientState.REFUSED))
    waiting = models.Delivery.objects.filter(
        state__in=[DeliveryState.QUEUED, DeliveryState.RETRYING], sample=None
    )
    return Concerned(
        tuple(failed),
        tuple(
            row.id
            for row in waiting.only("id", "recipients").iterator()
            if addresses and _all_among(row, addresses)
        ),
    )


def _refused() -> Iterator[models.Delivery]:
    rows = models.Delivery.objects.filter(
        code=CODE, state=DeliveryState.FAILED, sample=None, queued_at__gte=now() - _BACK
    )
    return rows.iterator()


def _addresses(row: models.Delivery, state: RecipientState) -> Iterator[str]:
    return (one.address for one in recipients_from_json(row.recipients) if one.state is state)


def _all_among(row: models.Delivery, addresses: set[str]) -> bool:
    pending = set(_addresses(row, RecipientState.PENDING))
    return bool(pending) and pending <= addresses


def hold(principal: Principal) -> int:
    """Hold them all; gives how many. Whoever was refused is asked again once they are released.

    Raises:
        NotPermitted: the role may not.
    """
    require(principal, Permission.TEST_ACTIONS)
    held_by = principal.name[: _LONGEST - len(_UNTIL)] + _UNTIL
    held = 0
    with transaction.atomic():
        found = concerned()
        states = [DeliveryState.FAILED, DeliveryState.QUEUED, DeliveryState.RETRYING]
        for row in models.Delivery.objects.filter(id__in=(*found.failed, *found.waiting)):
            # Whoever else changed it meanwhile, such as the sender, has been first.
            moved = models.Delivery.objects.filter(id=row.id, state__in=states).update(
                state=DeliveryState.HELD.value,
                hold=HoldReason.PERSON.value,
                held_by=held_by,
                finished_at=None,
                recipients=handling.asked_again(row),
            )
            if moved:
                counters.add_deliveries([(row.kind, DeliveryState.HELD.value)], now())
            held += moved
    return held


def held() -> list[str]:
    """The deliveries that are held until the sandbox is left, by id."""
    rows = models.Delivery.objects.filter(
        state=DeliveryState.HELD, hold=HoldReason.PERSON, held_by__endswith=_UNTIL
    )
    return list(rows.order_by("id").values_list("id", flat=True))


def release(principal: Principal) -> int:
    """Let them all go; gives how many were.

    Raises:
        NotPermitted: the role may not.
    """
    require(principal, Permission.TEST_ACTIONS)
    ids = held()
    released = 0
    for start in range(0, len(ids), handling.MOST):
        part = ids[start : start + handling.MOST]
        done = handling.handle_each(principal, Handling.RELEASE, part)
        released += sum(one.problem is None for one in done)
    return released
