"""What the arrival probe writes: canaries, what became of them, alarms; one transaction each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from tocsin.base.clock import DAY, HOUR, MINUTE, SECOND, Clock, Instant, rfc3339
from tocsin.base.ids import uuid7
from tocsin.central.arrival import Arrival
from tocsin.domain.delivery import DeliveryState, Recipient
from tocsin.domain.severity import Severity
from tocsin.engine import systemalarm
from tocsin.engine.arrivallook import Sighted, Sought
from tocsin.engine.arrivalmail import ACTION, sample
from tocsin.engine.configuration import Version
from tocsin.engine.response import Response
from tocsin.engine.systemalarm import SystemAlarm, in_words
from tocsin.faults.catalogue import FAULTS
from tocsin.faults.fault import Finding, Retry
from tocsin.ses.feedback import Receipt, Standing, fold
from tocsin.store.models import ArrivalCanary
from tocsin.store.queries import arrival as queries
from tocsin.store.queries import counters, decision, feedback
from tocsin.store.queries.arrival import Turn, Verdict
from tocsin.store.queries.decision import NewDelivery
from tocsin.store.queries.rows import alarm_to_dict, to_json

SETTLE: Instant = 5 * SECOND
"""How long after it was configured the first canary goes out."""
LEASE: Instant = 3 * MINUTE
"""When another may look, should one never come back from it; longer than a look can take."""
SOUGHT_FOR: Instant = DAY
"""How long a canary is looked for that is missing."""
KEPT: Instant = 30 * DAY
_AHEAD: Instant = HOUR
"""Clocks of several machines differ by less."""
NOT_ARRIVING = "Mail is accepted and does not arrive"
NOT_CHECKED = "Arrival cannot be checked"
SCHEDULE = "the schedule"
"""Who asks for a canary where nobody did."""
_KEY_MAIL = f"{systemalarm.SOURCE}|arrival|mail"
_KEY_MAILBOX = f"{systemalarm.SOURCE}|arrival|mailbox"
_MOST_SOUGHT = 20
_SOON: Instant = 3 * SECOND
_LATER: Instant = MINUTE
_LATEST: Instant = 5 * MINUTE
_FIRST_AGAIN: Instant = 15 * SECOND
"""After a look that failed."""


def adopt(version: Version, clock: Clock) -> bool:
    """Probe as this version says; gives whether there is anything to probe."""
    arrival = version.configuration.arrival
    with transaction.atomic():
        changed = (
            queries.drop() if arrival is None else queries.keep(arrival.basis, clock.now() + SETTLE)
        )
        queries.forget(clock.now() - KEPT, clock.now() + _AHEAD)
        if changed:
            systemalarm.over([_KEY_MAIL, _KEY_MAILBOX], clock=clock)
        else:
            queries.look_at(clock.now())  # a password that was wrong may be right now
    return arrival is not None


def send_due(version: Version, clock: Clock) -> str | None:
    """Queue the canary that is due, if one is; gives its id."""
    arrival, row, at = version.configuration.arrival, queries.probe(), clock.now()
    if arrival is None or row is None or row.basis != arrival.basis:
        return None
    every = arrival.every_s * SECOND
    # One that is further ahead than that was planned under a clock that has been put back.
    if at < row.due_at <= at + max(every, SETTLE):
        return None
    with transaction.atomic():
        if not queries.claim_canary(row.due_at, at + every):
            return None
        queries.forget(at - KEPT, at + _AHEAD)
        if row.code is not None and queries.waiting(arrival.basis) >= _MOST_SOUGHT:
            return None  # enough of them pile up in a mailbox that nobody can read
        return queue(version, arrival, SCHEDULE, at)


def queue(version: Version, arrival: Arrival, asked_by: str, at: Instant) -> str:
    """Queue a canary; in the caller's transaction. Gives its id.

    It is tried once: one that went out later would measure how long it waited here.
    """
    id_ = uuid7()
    told = sample(at, arrival.relay)
    decision.queue(
        [
            NewDelivery(
                id=id_,
                action=ACTION,
                kind="email",
                configuration=version.number,
                severity=told.severity.rank,
                message_id=Response(version.number, version.configuration).message_id(id_),
                recipients=(Recipient(arrival.to),),
                queued_at=at,
                not_before=at,
                expires_at=at + _LATEST,
                transitions=(),
                sample=alarm_to_dict(told),
                asked_by=asked_by,
            )
        ]
    )
    counters.add_deliveries([("email", "queued")], at)
    queries.add(id_, arrival.basis, arrival.to, asked_by, at)
    return id_


_OVER = frozenset({DeliveryState.FAILED, DeliveryState.CANCELLED})


def note_accepted(clock: Clock) -> int:
    """Learn what the relay said of canaries; gives of how many.

    One that it did not take is its delivery's story and says nothing about arrival. One
    whose answer was not heard may have been taken: it is looked for, and the mailbox tells.
    """
    waiting = queries.unaccepted()
    if not waiting:
        return 0
    known = queries.deliveries([one.id for one in waiting])
    count = 0
    with transaction.atomic():
        for one in waiting:
            state, at = known.get(one.id, (DeliveryState.CANCELLED.value, None))
            if state == DeliveryState.DELIVERED.value and at is not None:
                count += queries.set_accepted(one.id, at)
                queries.look_at(clock.now() + _SOON)
            elif state == DeliveryState.UNKNOWN.value:
                count += queries.set_accepted(one.id, one.queued_at)
                queries.look_at(clock.now() + _SOON)
            elif state in _OVER and queries.set_not_sent(one.id):
                count += 1
                _count([queries.NOT_SENT])
    return count


@dataclass(frozen=True, slots=True)
class Plan:
    """A look at the mailbox that is to be done now."""

    turn: Turn
    sought: tuple[Sought, ...]
    junk: bool
    """Whether the folders of junk are looked through too: something is overdue."""
    at: Instant


def plan(arrival: Arrival, clock: Clock) -> Plan | None:
    """The look that is due and that nobody else does; None when there is none."""
    at = clock.now()
    rows = queries.sought(arrival.basis, at - SOUGHT_FOR, _MOST_SOUGHT)
    probe = queries.probe()
    # With nothing to look for, only whether a mailbox that could not be read can be.
    if not rows and (probe is None or probe.code is None):
        return None
    turn = queries.claim_look(at, at + LEASE, max(LEASE, _LATEST))
    if turn is None:
        return None
    patience = arrival.patience_s * SECOND
    sought = tuple(Sought(one.id, one.accepted_at or at) for one in rows)
    overdue = any(
        row.state == queries.WAITING and at >= one.accepted_at + patience
        for row, one in zip(rows, sought, strict=True)
    )
    return Plan(turn, sought, overdue, at)


def record(
    plan: Plan,
    arrival: Arrival,
    sighted: Mapping[str, Sighted],
    failure: Finding | None,
    clock: Clock,
) -> bool:
    """Write what a look showed and tell what there is to tell; gives whether it still counted."""
    with transaction.atomic():
        row = queries.look_of(plan.turn)
        if row is None or row.basis != arrival.basis:
            return False
        if failure is not None:
            since = min(row.failing_since or plan.at, plan.at)
            # A wrong password, said again and again, locks accounts.
            first = _LATEST if _is_final(failure) else _FIRST_AGAIN
            wait = min(max((plan.at - since) // 2, first), _LATEST)
            queries.end_look(plan.turn, plan.at, clock.now() + wait, failure)
            _tell_unchecked(arrival, failure, plan.at - since, clock)
            return True
        missing = _settle(plan, arrival, sighted)
        queries.end_look(plan.turn, plan.at, _next_look(arrival, clock.now()), None)
        systemalarm.over([_KEY_MAILBOX], clock=clock)
        _tell_verdict(arrival, clock, anew=missing)
    return True


def _settle(plan: Plan, arrival: Arrival, sighted: Mapping[str, Sighted]) -> bool:
    """Write what became of each canary; gives whether one is newly missed."""
    patience = arrival.patience_s * SECOND
    entered: list[str] = []
    known = queries.deliveries([one.id for one in plan.sought])
    for one in plan.sought:
        found = sighted.get(one.id)
        verdict = _verdict(one, found, patience, plan.at)
        if verdict is None:
            continue
        state, _ = known.get(one.id, ("", None))
        if found is None and state == DeliveryState.UNKNOWN.value:
            verdict = Verdict(queries.NOT_SENT, None)  # nobody heard that it was accepted
        before = queries.settle(one.id, verdict)
        if before is None:
            continue
        if before != verdict.state:
            entered.append(verdict.state)
        if found is not None:
            _receipt(one.id, arrival.to, found)
    _count(entered)
    return queries.MISSING in entered


def _verdict(one: Sought, found: Sighted | None, patience: Instant, at: Instant) -> Verdict | None:
    """What a canary has come to; None while it may still come in time."""
    if found is None:
        overdue = at >= one.accepted_at + patience
        return Verdict(queries.MISSING, "arrival.missing") if overdue else None
    hops = to_json([list(hop) for hop in found.hops])
    if found.in_junk:
        return Verdict(queries.MISSING, "arrival.junk", folder=found.folder, hops=hops)
    latency = max(found.arrived_at - one.accepted_at, 0)
    late = latency > patience
    return Verdict(
        queries.LATE if late else queries.ARRIVED,
        "arrival.late" if late else None,
        found.arrived_at,
        found.measured,
        latency,
        found.folder,
        hops,
    )


def _receipt(delivery: str, address: str, found: Sighted) -> None:
    """What the mailbox says of the delivery's recipient; junk has arrived there too."""
    key = (delivery, address)
    told = Receipt(Standing.ARRIVED, found.arrived_at, "", "", None, "")
    known = feedback.receipts_of([delivery], lock=True).get(key)
    after = fold(known, told)
    if after != known:
        feedback.save_receipts({key: after})
        counters.add({("tocsin_receipts_total", 'receipt="arrived"'): 1})


def _next_look(arrival: Arrival, at: Instant) -> Instant:
    """Soon after a canary was accepted, then less and less often."""
    patience = arrival.patience_s * SECOND
    rows = queries.sought(arrival.basis, at - SOUGHT_FOR, _MOST_SOUGHT)
    next_at = at + _LATEST
    for one in rows:
        age = at - (one.accepted_at or at)
        if one.state == queries.WAITING:
            wait = min(max(age // 2, _SOON), _LATER)
            if age < patience:
                wait = min(wait, patience - age)
        else:
            wait = min(max(age // 4, _LATER), _LATEST)
        next_at = min(next_at, at + max(wait, SECOND))
    return next_at


def finding_of(one: ArrivalCanary, folder: str, patience_s: int) -> Finding | None:
    """What became of a canary, where that is a fault."""
    if one.code is None:
        return None
    accepted_at = one.accepted_at or one.queued_at
    facts = {
        "to": one.address,
        "accepted_at": rfc3339(accepted_at)[:19] + "Z",
        "waited": str(patience_s),
        "patience": str(patience_s),
        "folder": one.folder or folder,
    }
    if one.latency is not None:
        facts["latency"] = f"{one.latency / SECOND:.1f}"
    return Finding(one.code, facts)


def _tell_verdict(arrival: Arrival, clock: Clock, *, anew: bool) -> None:
    """The latest canary of which it is known decides whether mail arrives."""
    latest = queries.last_verdicts(arrival.basis, 2)
    if not latest or latest[0].state != queries.MISSING:
        systemalarm.over([_KEY_MAIL], clock=clock)
        return
    finding = finding_of(latest[0], arrival.folder, arrival.patience_s)
    if not anew or finding is None:
        return
    again = len(latest) > 1 and latest[1].state == queries.MISSING
    systemalarm.tell(
        [
            SystemAlarm(
                _KEY_MAIL,
                NOT_ARRIVING,
                Severity.CRITICAL if again else Severity.MAJOR,
                in_words(finding, "Mail about this may be lost on the same way."),
                {"code": finding.code, "to": arrival.to, "delivery": latest[0].id},
                lasts=max(DAY, 2 * arrival.every_s * SECOND),
            )
        ],
        clock=clock,
    )


def _tell_unchecked(arrival: Arrival, failure: Finding, lasted: Instant, clock: Clock) -> None:
    """That nothing is known of arrival: at once where trying again does not help."""
    if not _is_final(failure) and lasted < arrival.patience_s * SECOND:
        return
    systemalarm.tell(
        [
            SystemAlarm(
                _KEY_MAILBOX,
                NOT_CHECKED,
                Severity.MAJOR,
                in_words(failure, "Whether mail arrives is not known meanwhile."),
                {"code": failure.code, "server": arrival.server},
            )
        ],
        clock=clock,
    )


def _is_final(failure: Finding) -> bool:
    """Whether trying again does not help."""
    return FAULTS[failure.code].retry is Retry.FINAL


def _count(states: list[str]) -> None:
    counters.add(
        {
            ("tocsin_canaries_total", f'state="{state}"'): count
            for state, count in Counter(states).items()
        }
    )
