"""The looks at an account of Amazon SES: when each is due, who has it, what came of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db import models, transaction
from django.db.models import Q

from tocsin.base.clock import Instant
from tocsin.faults.fault import Finding
from tocsin.store.models import SesLook
from tocsin.store.queries.rows import to_json


@dataclass(frozen=True, slots=True)
class Turn:
    """A look that is due, and then one's own."""

    region: str
    number: int
    planned: Instant
    """When it was due."""


def watch(region: str, basis: str, due_at: Instant) -> None:
    """Have the account of a region looked at; soon, where a look would depend on other things."""
    row, is_new = SesLook.objects.get_or_create(
        region=region,
        defaults={
            "basis": basis,
            "facts": "",
            "next_look_at": due_at,
            "turn": 0,
            "looking_until": 0,
            "code_facts": "{}",
            "told": "[]",
        },
    )
    if not is_new and row.basis != basis:
        same = SesLook.objects.filter(region=region, basis=row.basis)
        same.update(basis=basis, next_look_at=min(row.next_look_at, due_at))


def unwatch(other_than: str | None) -> list[str]:
    """Forget the looks at other regions; gives the keys of alarms that went on."""
    gone = SesLook.objects.all()
    if other_than is not None:
        gone = gone.exclude(region=other_than)
    keys = [key for told in gone.values_list("told", flat=True) for key in json.loads(told)]
    gone.delete()
    return keys


def due(region: str, at: Instant, longest: Instant, *, basis: str | None = None) -> Turn | None:
    """The look at the region if it is due and nobody has it.

    `basis`: what it must depend on; one that depends on other things is none of the caller's,
    would not count, and would be due again at once. A time further ahead than `longest` was set
    under a clock that has been put back.
    """
    rows = SesLook.objects.filter(region=region)
    if basis is not None:
        rows = rows.filter(basis=basis)
    row = rows.filter(
        Q(looking_until__lte=at) | Q(looking_until__gt=at + longest),
        Q(next_look_at__lte=at) | Q(next_look_at__gt=at + longest),
    ).first()
    return None if row is None else Turn(row.region, row.turn, row.next_look_at)


def claim(turn: Turn, until: Instant) -> Turn | None:
    """Begin a look: of several that try, one gets it."""
    mine = replace(turn, number=turn.number + 1)
    rows = SesLook.objects.filter(region=turn.region, turn=turn.number)
    return mine if rows.update(turn=mine.number, looking_until=until) else None


def ask(region: str, at: Instant) -> bool:
    """Have the account looked at now; gives whether it is watched."""
    with transaction.atomic():
        return bool(SesLook.objects.filter(region=region).update(next_look_at=at))


def look_at(region: str) -> SesLook | None:
    """What is known of the account of a region."""
    return SesLook.objects.filter(region=region).first()


def held(turn: Turn) -> SesLook | None:
    """The row of a look that is still one's own, held for this transaction."""
    rows = SesLook.objects.select_for_update()
    return rows.filter(region=turn.region, turn=turn.number).first()


def record_seen(
    turn: Turn, facts: str, at: Instant, told: Sequence[str], next_look_at: Instant
) -> None:
    """Write what was seen, and that the look has ended."""
    _mine(turn).update(
        facts=facts,
        seen_at=at,
        looked_at=at,
        looking_until=0,
        code=None,
        code_facts="{}",
        failing_since=None,
        told=to_json(list(told)),
    )
    _plan(turn, next_look_at)


def record_failure(
    turn: Turn,
    finding: Finding,
    at: Instant,
    since: Instant,
    told: Sequence[str],
    next_look_at: Instant,
) -> None:
    """Write why nothing was seen, and that the look has ended; what was seen before stays."""
    _mine(turn).update(
        looked_at=at,
        looking_until=0,
        code=finding.code,
        code_facts=to_json(dict(finding.facts)),
        failing_since=since,
        told=to_json(list(told)),
    )
    _plan(turn, next_look_at)


def give_up(turn: Turn) -> None:
    """End a look that came to nothing; it stays due."""
    _mine(turn).update(looking_until=0)


def _mine(turn: Turn) -> models.QuerySet[SesLook]:
    return SesLook.objects.filter(region=turn.region, turn=turn.number)


def _plan(turn: Turn, next_look_at: Instant) -> None:
    # Somebody may have asked meanwhile for another: then that stays due.
    _mine(turn).filter(next_look_at=turn.planned).update(next_look_at=next_look_at)
