"""What comes of a look at an account: what is known, alarms, the next look; one transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from pydantic import TypeAdapter, ValidationError

from tocsin.base.clock import DAY, MINUTE, SYSTEM_CLOCK, Clock, Instant
from tocsin.central.configuration import Configuration
from tocsin.domain.severity import Severity
from tocsin.engine import sesalarm, systemalarm
from tocsin.engine.sesinterest import basis_of, interest_of
from tocsin.faults.fault import Finding
from tocsin.ses.concern import Concern, Kind, concerns, unjudged
from tocsin.ses.seen import Interest, Seen
from tocsin.store.models import SesLook
from tocsin.store.queries import operation
from tocsin.store.queries import sesaccount as queries
from tocsin.store.queries.sesaccount import Turn

EVERY: Instant = 15 * MINUTE
"""How often an account is looked at."""
JITTER: Instant = 2 * MINUTE
"""How much sooner at most, so that not all managers of an account ask at the same time."""
AFTER_FAILURE: Instant = 5 * MINUTE
"""When it is tried again after a look that saw nothing."""
FAILED_FOR: Instant = 14 * MINUTE
"""How long looks must have failed before somebody is told: three in a row, or more."""
LEASE: Instant = 3 * MINUTE
"""When another may look, should one never come back from it."""
LONGEST: Instant = EVERY + LEASE
"""No look is planned, or lasts, further ahead than this."""


@dataclass(frozen=True, slots=True)
class Known:
    """What stands in the store of the last look that saw anything."""

    seen: Seen
    concerns: tuple[Concern, ...]
    used: Mapping[str, int]
    """Recipients that each relay of the account took from us in the 24 hours before the look."""


_KNOWN: TypeAdapter[Known] = TypeAdapter(Known)


def known_of(row: SesLook | None) -> Known | None:
    """What a row holds; None where nothing was seen yet, or by a version that wrote other facts."""
    if row is None or not row.facts:
        return None
    try:
        return _KNOWN.validate_json(row.facts)
    except ValidationError:
        return None


def keep_watch(configuration: Configuration, due_at: Instant, clock: Clock = SYSTEM_CLOCK) -> None:
    """Watch the account that is configured and no other: what was told of others is over."""
    interest = interest_of(configuration)
    with transaction.atomic():
        if interest is not None:
            queries.watch(interest.region, basis_of(interest), due_at)
        gone = queries.unwatch(interest.region if interest is not None else None)
        systemalarm.over(gone, clock=clock)


def record(
    turn: Turn, configuration: Configuration, seen: Seen, early: Instant, clock: Clock
) -> bool:
    """Write what was seen and tell what there is to tell; gives whether the look still counted.

    It does not when another took its turn, or when what it depends on was changed meanwhile:
    then it is due again. `early`: how much earlier than usual the next one is.
    """
    interest = interest_of(configuration)
    with transaction.atomic():
        row = _row(turn, interest)
        if row is None or interest is None:
            return False
        told = set(json.loads(row.told))
        foreign = _foreign(seen, known_of(row))
        found = concerns(seen, interest, sesalarm.lasting(told), foreign)
        keys = {sesalarm.key_of(seen.region, one) for one in found}
        keys |= sesalarm.carried(told, unjudged(seen))
        systemalarm.tell(sesalarm.alarms(found, seen, interest, configuration), clock=clock)
        systemalarm.over(sorted(told - keys), clock=clock)
        known = Known(seen, found, _used(interest, seen.at))
        facts = _KNOWN.dump_json(known).decode()
        queries.record_seen(turn, facts, seen.at, sorted(keys), seen.at + EVERY - early)
    return True


def record_failure(
    turn: Turn, configuration: Configuration, finding: Finding, at: Instant, clock: Clock
) -> bool:
    """Write why nothing was seen, and tell of it once that has lasted; as `record` otherwise."""
    interest = interest_of(configuration)
    with transaction.atomic():
        row = _row(turn, interest)
        if row is None or interest is None:
            return False
        # Never ahead of now: the clock may have been put back since.
        since = min(at, row.failing_since) if row.failing_since is not None else at
        told = set(json.loads(row.told))
        if at - since >= FAILED_FOR:
            alarm = sesalarm.cannot_ask(interest.region, finding, since)
            systemalarm.tell([alarm], clock=clock)
            told.add(alarm.key)
        queries.record_failure(turn, finding, at, since, sorted(told), at + AFTER_FAILURE)
    return True


def _row(turn: Turn, interest: Interest | None) -> SesLook | None:
    row = queries.held(turn)
    if row is not None and interest is not None and row.basis == basis_of(interest):
        return row
    queries.give_up(turn)
    return None


def _foreign(seen: Seen, before: Known | None) -> frozenset[str]:
    """Keys of relays that the account does not have and was never seen to have.

    IAM says the same of a key that was deleted and of another account's.
    """
    had: set[str] = set()
    if before is not None:
        had = {one.id for one in before.seen.keys if one.exists}
        had |= {
            one.subject
            for one in before.concerns
            if one.kind is Kind.KEY_STATE and one.severity is Severity.CRITICAL
        }
    return frozenset(one.id for one in seen.keys if one.exists is False and one.id not in had)


def _used(interest: Interest, at: Instant) -> dict[str, int]:
    """What each relay took of us, counted as its quota counts it."""
    return {
        one.relay: sum(
            recipients for _, _, recipients in operation.relay_usage(one.relay, at - DAY)
        )
        for one in interest.ways
    }
