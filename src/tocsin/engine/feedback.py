"""Events of Amazon SES become receipts of recipients: matched, folded, stored in one transaction.

The same event any number of times, and events in any order, come to the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from tocsin.base.clock import DAY, HOUR, SYSTEM_CLOCK, Clock, Instant
from tocsin.engine import feedbackflags
from tocsin.ses.event import Event
from tocsin.ses.feedback import FLAGGED, RECEIPT, Receipt, fold, receipts
from tocsin.store.queries import counters
from tocsin.store.queries import feedback as queries
from tocsin.store.queries.feedback import Key, Known

RECEIPTS_TOTAL = "tocsin_receipts_total"
"""The counter of recipients that a receipt came of."""
WAITS: Instant = DAY
"""How long an event is kept of which no delivery is known."""
_SEEN: Instant = 2 * HOUR
"""Longer than a message may be old: one of that id is then refused for its age."""
_QUARANTINED: Instant = 30 * DAY
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of some events."""

    receipts: int
    """Recipients of whom something new is known."""
    waiting: int
    """Events of no delivery that is known yet."""
    flagged: tuple[str, ...] = ()
    """Addresses that are flagged from now on."""


def take(
    events: Sequence[Event], *, channel: str | None = None, clock: Clock = SYSTEM_CLOCK
) -> Taken:
    """Store what events say; `channel` is the way that they came in by.

    Raises:
        django.db.Error: nothing was stored.
    """
    with transaction.atomic():
        return take_within(events, channel=channel, clock=clock)


def take_within(
    events: Sequence[Event], *, channel: str | None = None, clock: Clock = SYSTEM_CLOCK
) -> Taken:
    """The same inside the caller's transaction, which also commits the caller's own rows."""
    at = clock.now()
    matched, unmatched = _match(events)
    queries.keep_waiting(unmatched, at)
    actions: dict[str, str] = {}
    told: dict[Key, Receipt] = {}
    for event, delivery in matched:
        actions[delivery.id] = delivery.action
        for address, receipt in receipts(event):
            # Of an address that we did not write to, this delivery can say nothing.
            name = delivery.addresses.get(address.lower())
            if name is not None:
                key = delivery.id, name
                told[key] = fold(told.get(key), receipt)
    before = queries.receipts_of(actions, lock=True)
    changed = {
        key: after
        for key, one in told.items()
        if (after := fold(before.get(key), one)) != before.get(key)
    }
    queries.save_receipts(changed)
    counters.add(_counted(before, changed))
    flagged = feedbackflags.flag_within(_fatal(before, changed), clock=clock)
    if channel is not None and events:
        # Last, since every taker writes this row: none waits for it longer than it must.
        queries.note_taken(channel, len(events), at)
    return Taken(len(changed), len(unmatched), tuple(sorted(flagged)))


def _match(events: Sequence[Event]) -> tuple[list[tuple[Event, Known]], list[Event]]:
    """Each event with its delivery, and those of which none is known."""
    by_relay = queries.deliveries_by_relay_id({one.ses_id for one in events})
    rest = [one for one in events if one.ses_id not in by_relay]
    own = {one.message_id for one in rest if one.message_id is not None}
    by_message = queries.deliveries_by_message_id(own) if own else {}
    matched = [(one, by_relay[one.ses_id]) for one in events if one.ses_id in by_relay]
    unmatched = []
    for one in rest:
        found = by_message.get(one.message_id) if one.message_id is not None else None
        if found is None:
            unmatched.append(one)
        else:
            matched.append((one, found))
    return matched, unmatched


def _counted(
    before: Mapping[Key, Receipt], changed: Mapping[Key, Receipt]
) -> Counter[tuple[str, str]]:
    return Counter(
        (RECEIPTS_TOTAL, f'receipt="{word}"')
        for key, one in changed.items()
        if (word := RECEIPT[one.standing]) != _word(before.get(key))
    )


def _word(known: Receipt | None) -> str:
    return "none" if known is None else RECEIPT[known.standing]


def _fatal(
    before: Mapping[Key, Receipt], changed: Mapping[Key, Receipt]
) -> Iterable[tuple[Key, Receipt]]:
    """What is newly known to be fatal: a repeated event flags nothing that was cleared."""
    for key, one in changed.items():
        known = before.get(key)
        if one.standing in FLAGGED and (known is None or known.standing is not one.standing):
            yield key, one


def match_waiting(*, clock: Clock = SYSTEM_CLOCK) -> int:
    """Take up events whose delivery is known by now; gives how many."""
    with transaction.atomic():
        events = queries.take_waiting(_AT_ONCE)
        if events:
            take_within(events, clock=clock)
    return len(events)


def forget(*, clock: Clock = SYSTEM_CLOCK) -> int:
    """Drop what is of no use any more; gives how many events waited in vain."""
    at = clock.now()
    with transaction.atomic():
        return queries.forget(
            seen_before=at - _SEEN, waiting_before=at - WAITS, bad_before=at - _QUARANTINED
        )
