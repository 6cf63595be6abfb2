"""Response rules are asked about each transition, once, and deliveries follow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import IntegrityError, OperationalError, connection

from tocsin.base.clock import SYSTEM_CLOCK, Clock, Instant
from tocsin.base.ids import uuid7
from tocsin.domain.delivery import DeliveryState
from tocsin.engine.configuration import current_number
from tocsin.engine.gather import Asked, gather
from tocsin.engine.response import Response
from tocsin.store.durability import atomic_unsynced
from tocsin.store.queries import counters, decision
from tocsin.store.queries.decision import NewDelivery, Undecided

_TRIES = 5


class Outdated(Exception):
    """A newer configuration came into force: nothing was decided."""


@dataclass(slots=True)
class _Decided:
    """What comes of one batch of transitions."""

    matched: list[tuple[int, list[tuple[str, tuple[str, ...]]]]] = field(default_factory=list)
    deliveries: list[NewDelivery] = field(default_factory=list)
    gathered: defaultdict[str, list[Asked]] = field(default_factory=lambda: defaultdict(list))


def decide(
    response: Response,
    limit: int = 500,
    *,
    seen: int | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> tuple[int, int]:
    """Decide about the oldest undecided transitions, in one transaction.

    `seen` is the number of the version that the caller knows to be the latest; an alarm
    that came after a change must not be decided by the rules before it.

    Gives how many transitions were decided and how many deliveries were queued.

    Raises:
        Outdated: another version than `seen` is in force.
        django.db.Error: nothing was decided.
    """
    for attempt in range(1, _TRIES + 1):
        try:
            # A decision that a power failure takes back is made again.
            with atomic_unsynced():
                done = _decide(response, limit, seen, clock)
            break
        except (IntegrityError, OperationalError):
            # Where several decide at once, two may have wanted the same rows in opposite order.
            if attempt == _TRIES or not connection.features.has_select_for_update:
                raise
    return done


def _decide(response: Response, limit: int, seen: int | None, clock: Clock) -> tuple[int, int]:
    now = clock.now()
    undecided = decision.take_undecided(now, response.version, limit)
    if undecided and seen is not None and current_number() != seen:
        raise Outdated
    decided = _ask(response, undecided, now)
    deliveries = [*decided.deliveries, *gather(response, decided.gathered, clock)]
    decision.record_matches(decided.matched)
    decision.queue(deliveries)
    counters.add_deliveries(((one.kind, one.state.value) for one in deliveries), now)
    return len(undecided), sum(one.state is DeliveryState.QUEUED for one in deliveries)


def _ask(response: Response, undecided: Iterable[Undecided], now: Instant) -> _Decided:
    """One delivery for each action and transition, however many rules name the action."""
    decided = _Decided()
    for one in undecided:
        if one.held:
            continue
        found = [(match.rule, match.actions) for match in response.match(one)]
        decided.matched.append((one.id, found))
        first: dict[str, str] = {}
        for rule, names in found:
            for name in names:
                first.setdefault(name, rule)
        for name, rule in first.items():
            action = response.actions.get(name)
            if action is None or not action.enabled:
                continue
            if action.gathers:
                decided.gathered[name].append((one, rule))
            else:
                decided.deliveries.append(response.delivery(uuid7(), action, (one,), now))
    return decided
