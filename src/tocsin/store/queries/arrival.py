"""The arrival probe's canaries, and when the next one and the next look are due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from tocsin.base.clock import Instant
from tocsin.faults.fault import Finding
from tocsin.store.models import ArrivalCanary, ArrivalProbe, Delivery
from tocsin.store.queries.rows import to_json

WAITING, ARRIVED, LATE, MISSING, NOT_SENT = "waiting", "arrived", "late", "missing", "not-sent"
VERDICTS = (ARRIVED, LATE, MISSING)
"""States that say whether mail arrives."""
STATES = (WAITING, *VERDICTS, NOT_SENT)
OPEN = (WAITING, MISSING)
"""States of what is still looked for."""
_ONE = 1
_NEW = {
    "look_at": 0,
    "looking_until": 0,
    "looked_at": None,
    "failing_since": None,
    "code": None,
    "facts": "{}",
}


@dataclass(frozen=True, slots=True)
class Turn:
    """A look that is one's own."""

    number: int


def probe() -> ArrivalProbe | None:
    """The probe's row; None while there is none."""
    return ArrivalProbe.objects.filter(id=_ONE).first()


def keep(basis: str, due_at: Instant) -> bool:
    """Probe for this; gives whether it is another address or mailbox than before.

    What waits on behalf of the one before is forgotten: nobody looks there any more.
    """
    row, is_new = ArrivalProbe.objects.get_or_create(
        id=_ONE, defaults={"basis": basis, "due_at": due_at, "turn": 0, **_NEW}
    )
    if is_new or row.basis == basis:
        return is_new
    changed = ArrivalProbe.objects.filter(id=_ONE, basis=row.basis)
    if not changed.update(basis=basis, due_at=due_at, turn=row.turn + 1, **_NEW):
        return False
    ArrivalCanary.objects.filter(state=WAITING).exclude(basis=basis).delete()
    return True


def drop() -> bool:
    """Probe no more; gives whether it was probed."""
    ArrivalCanary.objects.filter(state=WAITING).delete()
    gone, _ = ArrivalProbe.objects.filter(id=_ONE).delete()
    return bool(gone)


def claim_canary(due_at: Instant, next_at: Instant) -> bool:
    """Take the canary that is due: of several that try, one gets it."""
    due = ArrivalProbe.objects.filter(id=_ONE, due_at=due_at)
    return bool(due.update(due_at=next_at))


def add(id_: str, basis: str, address: str, asked_by: str, at: Instant) -> None:
    """Keep a canary that was queued."""
    ArrivalCanary.objects.create(
        id=id_,
        basis=basis,
        address=address,
        asked_by=asked_by,
        queued_at=at,
        state=WAITING,
        hops="[]",
    )


def unaccepted() -> list[ArrivalCanary]:
    """Canaries of which it is not known yet whether the relay took them."""
    return list(ArrivalCanary.objects.filter(state=WAITING, accepted_at=None).order_by("id"))


def deliveries(ids: Sequence[str]) -> dict[str, tuple[str, Instant | None]]:
    """State of each delivery, and when the relay took it."""
    rows = Delivery.objects.filter(id__in=ids).values_list("id", "state", "delivered_at")
    return {id_: (state, delivered_at) for id_, state, delivered_at in rows}


def set_accepted(id_: str, at: Instant) -> bool:
    """The relay took a canary."""
    row = ArrivalCanary.objects.filter(id=id_, state=WAITING, accepted_at=None)
    return bool(row.update(accepted_at=at))


def set_not_sent(id_: str) -> bool:
    """The relay did not take a canary: its delivery says why."""
    row = ArrivalCanary.objects.filter(id=id_, state=WAITING, accepted_at=None)
    return bool(row.update(state=NOT_SENT))


def look_at(at: Instant) -> None:
    """Have the mailbox looked at by then."""
    ArrivalProbe.objects.filter(id=_ONE, look_at__gt=at).update(look_at=at)


def sought(basis: str, since: Instant, most: int) -> list[ArrivalCanary]:
    """Accepted canaries that are still looked for, newest first.

    A waiting one is looked for however old it is, a missing one when it was queued after
    `since`. Where there are more than `most`, half are the waiting ones that were sent first:
    however fast new ones come, each comes to its verdict.
    """
    waiting = _accepted(basis).filter(state=WAITING)
    again = _accepted(basis).filter(Q(state=WAITING) | Q(state=MISSING, queued_at__gte=since))
    first = waiting.order_by("id")[: most // 2]
    rows = {one.id: one for one in (*first, *again.order_by("-id")[:most])}
    few = list(rows.values())[:most]
    return sorted(few, key=lambda one: one.id, reverse=True)


def waiting(basis: str) -> int:
    """How many accepted canaries wait for the mailbox to tell of them."""
    return _accepted(basis).filter(state=WAITING).count()


def waiting_ids() -> frozenset[str]:
    """The canaries of which it is not known yet whether they arrived."""
    rows = ArrivalCanary.objects.filter(state=WAITING)
    return frozenset(rows.values_list("id", flat=True))


def _accepted(basis: str) -> QuerySet[ArrivalCanary]:
    return ArrivalCanary.objects.filter(basis=basis, accepted_at__isnull=False)


def claim_look(at: Instant, until: Instant, longest: Instant) -> Turn | None:
    """Begin a look at the mailbox when one is due: of several that try, one gets it.

    A time further ahead than `longest` was set under a clock that has been put back.
    """
    due = Q(look_at__lte=at) | Q(look_at__gt=at + longest)
    free = Q(looking_until__lte=at) | Q(looking_until__gt=at + longest)
    row = ArrivalProbe.objects.filter(due, free, id=_ONE).first()
    if row is None:
        return None
    mine = ArrivalProbe.objects.filter(id=_ONE, turn=row.turn)
    number = row.turn + 1
    return Turn(number) if mine.update(turn=number, looking_until=until) else None


def look_of(turn: Turn) -> ArrivalProbe | None:
    """The row of a look that is still one's own, held for this transaction."""
    return ArrivalProbe.objects.select_for_update().filter(id=_ONE, turn=turn.number).first()


def end_look(turn: Turn, at: Instant, next_at: Instant, failure: Finding | None) -> None:
    """Write how a look went."""
    row = ArrivalProbe.objects.filter(id=_ONE, turn=turn.number)
    row.update(looking_until=0, look_at=next_at)
    if failure is None:
        row.update(looked_at=at, failing_since=None, code=None, facts="{}")
    else:
        row.update(code=failure.code, facts=to_json(dict(failure.facts)))
        # Not since a time to come, which a clock said that was put back.
        row.filter(Q(failing_since=None) | Q(failing_since__gt=at)).update(failing_since=at)


def give_up(turn: Turn, next_at: Instant) -> None:
    """End a look that came to nothing."""
    row = ArrivalProbe.objects.filter(id=_ONE, turn=turn.number)
    row.update(looking_until=0, look_at=next_at)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a canary has come to."""

    state: str
    code: str | None
    arrived_at: Instant | None = None
    measured: str | None = None
    latency: Instant | None = None
    folder: str | None = None
    hops: str = "[]"


def settle(id_: str, verdict: Verdict) -> str | None:
    """Write a verdict; gives the state before, None when nothing was to be changed.

    One that was not sent after all was never accepted.
    """
    row = ArrivalCanary.objects.filter(id=id_, state__in=OPEN).first()
    if row is None or (row.state, row.code) == (verdict.state, verdict.code):
        return None
    if row.state == MISSING == verdict.state and verdict.folder is None:
        return None  # where it was found once, it may have been deleted since
    same = ArrivalCanary.objects.filter(id=id_, state=row.state, code=row.code)
    changed = same.update(
        state=verdict.state,
        code=verdict.code,
        arrived_at=verdict.arrived_at,
        measured=verdict.measured,
        latency=verdict.latency,
        folder=verdict.folder,
        hops=verdict.hops,
        accepted_at=None if verdict.state == NOT_SENT else row.accepted_at,
    )
    return row.state if changed else None


def last_verdicts(basis: str, most: int) -> list[ArrivalCanary]:
    """The latest canaries that say whether mail arrives, newest first."""
    rows = ArrivalCanary.objects.filter(basis=basis, state__in=VERDICTS)
    return list(rows.order_by("-id")[:most])


def last_latency() -> Instant | None:
    """How long the latest canary took that arrived, while there is a probe."""
    probed = ArrivalProbe.objects.filter(id=_ONE).values("basis")
    rows = ArrivalCanary.objects.filter(basis__in=probed, latency__isnull=False).order_by("-id")
    return rows.values_list("latency", flat=True).first()


def canaries(limit: int, before: str | None = None) -> list[ArrivalCanary]:
    """So many canaries, newest first; those before the one of that id, if it is given."""
    rows = ArrivalCanary.objects.order_by("-id")
    return list((rows if before is None else rows.filter(id__lt=before))[:limit])


def states_since(since: Instant) -> list[tuple[Instant, str]]:
    """When each canary was queued, and its state."""
    rows = ArrivalCanary.objects.filter(queued_at__gte=since)
    return list(rows.values_list("queued_at", "state"))


def forget(before: Instant, after: Instant) -> None:
    """Drop canaries that were queued before one moment, or after another.

    What was queued in time to come was so under a clock that has been put back; it would be
    the latest until then, whatever became of others.
    """
    ArrivalCanary.objects.filter(Q(queued_at__lt=before) | Q(queued_at__gt=after)).delete()
