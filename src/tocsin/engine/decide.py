"""Response rules are asked about each transition, once, and deliveries follow."""

from __future__ import annotations

from collections import Counter

from django.db import transaction

from tocsin.base.clock import HOUR, SYSTEM_CLOCK, Clock, Instant
from tocsin.base.ids import uuid7
from tocsin.domain.delivery import Recipient
from tocsin.engine.configuration import current_number
from tocsin.engine.response import Response
from tocsin.store.queries import counters, outbox
from tocsin.store.queries.outbox import NewDelivery, Undecided

KEEP_TRYING: Instant = 24 * HOUR
"""How long a delivery is retried before it is given up."""


class Outdated(Exception):
    """A newer configuration came into force: nothing was decided."""


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
    """
    now = clock.now()
    with transaction.atomic():
        undecided = outbox.take_undecided(now, response.version, limit)
        if undecided and seen is not None and current_number() != seen:
            raise Outdated
        matched: list[tuple[int, list[tuple[str, tuple[str, ...]]]]] = []
        deliveries: list[NewDelivery] = []
        for one in undecided:
            if one.held:
                continue
            found = [(match.rule, match.actions) for match in response.match(one)]
            matched.append((one.id, found))
            deliveries.extend(_deliveries(one, found, response, now))
        outbox.record_matches(matched)
        outbox.queue(deliveries)
        counters.add(
            Counter(
                ("tocsin_deliveries_total", f'kind="{one.kind}",state="queued"')
                for one in deliveries
            )
        )
    return len(undecided), len(deliveries)


def _deliveries(
    one: Undecided,
    found: list[tuple[str, tuple[str, ...]]],
    response: Response,
    now: Instant,
) -> list[NewDelivery]:
    """One delivery for each action, however many rules name it."""
    names = dict.fromkeys(name for _, actions in found for name in actions)
    made: list[NewDelivery] = []
    for name in names:
        action = response.actions.get(name)
        if action is None or not action.enabled:
            continue
        id_ = uuid7()
        made.append(
            NewDelivery(
                id=id_,
                action=name,
                kind=action.kind,
                configuration=response.version,
                severity=one.alarm.severity.rank,
                message_id=response.message_id(id_),
                recipients=tuple(Recipient(address) for address in action.recipients),
                queued_at=now,
                expires_at=now + KEEP_TRYING,
                transitions=(one.id,),
            )
        )
    return made
