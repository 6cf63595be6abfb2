"""What a delivery tells: each transition of an alarm, however many a digest gathered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tocsin.base.clock import Instant, rfc3339
from tocsin.domain.alarm import Host, TransitionKind
from tocsin.domain.principal import Permission, Principal, require
from tocsin.domain.severity import Severity
from tocsin.engine.deliveries import find
from tocsin.engine.errors import NotFound
from tocsin.engine.page import Page
from tocsin.store import models
from tocsin.store.queries.rows import host_from_json, host_to_dict

_NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class ToldView:
    """A transition that a delivery tells, and the alarm as it then was."""

    kind: TransitionKind
    at: Instant
    severity: Severity
    alarm: str
    type: str
    source_host: Host
    target_host: Host


def list_told(
    principal: Principal, id_: str, *, cursor: str | None = None, limit: int = 50
) -> Page[ToldView]:
    """Every transition that a delivery tells, in the order they were gathered.

    Raises:
        NotPermitted: the role may not read.
        NotFound: there is no such delivery, or the cursor is of no list of ours.
    """
    require(principal, Permission.READ)
    delivery = find(id_)
    found = models.Telling.objects.filter(delivery=delivery)
    if cursor:
        if _NUMBER.fullmatch(cursor) is None:
            raise NotFound("cursor", cursor)
        found = found.filter(id__gt=int(cursor))
    rows = list(found.select_related("transition__alarm").order_by("id")[: limit + 1])
    more = len(rows) > limit
    rows = rows[:limit]
    return Page([_told(row) for row in rows], str(rows[-1].id) if more else None, delivery.told)


def every_told(principal: Principal, id_: str) -> Iterator[ToldView]:
    """All that a delivery tells, read in parts.

    Raises:
        NotPermitted: the role may not read.
        NotFound: there is no such delivery.
    """
    cursor = None
    while True:
        page = list_told(principal, id_, cursor=cursor, limit=1000)
        yield from page.items
        cursor = page.next
        if cursor is None:
            return


def _told(row: models.Telling) -> ToldView:
    transition = row.transition
    alarm = transition.alarm
    return ToldView(
        kind=TransitionKind(transition.kind),
        at=transition.at,
        severity=Severity.of_rank(transition.severity),
        alarm=alarm.id,
        type=alarm.type,
        source_host=host_from_json(alarm.source_host),
        target_host=host_from_json(alarm.target_host),
    )


def told_json(view: ToldView) -> dict[str, Any]:
    """A transition that is told, in the shape that the API and ``--json`` give."""
    return {
        "alarm": view.alarm,
        "type": view.type,
        "kind": view.kind.value,
        "at": rfc3339(view.at),
        "severity": view.severity.value,
        "source_host": host_to_dict(view.source_host),
        "target_host": host_to_dict(view.target_host),
    }
