"""What an action with a group or a ceiling tells: some at once, the rest in digests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from tocsin.base.clock import Clock, Instant
from tocsin.base.ids import uuid7
from tocsin.engine.response import Action, Response
from tocsin.rules.ceiling import Ceiling
from tocsin.rules.storm import OVERFLOW, SKEW, Place, Storm, Window
from tocsin.store.queries import decision, gathering
from tocsin.store.queries.decision import Added, NewDelivery, Undecided
from tocsin.store.queries.rows import recipients_to_json

Asked = tuple[Undecided, str]
"""A transition, and the first rule that asks for the action."""


def gather(
    response: Response, asked: Mapping[str, Sequence[Asked]], clock: Clock
) -> list[NewDelivery]:
    """Give each transition its place, in the transaction of its decision.

    What goes into a digest that was there before is added to it; what is told otherwise is
    for the caller to queue.

    Args:
        response: the version that decides.
        asked: by action, what it is to tell.
        clock: the time is looked up for each action when its turn has come.
    """
    new: list[NewDelivery] = []
    # In one order everywhere, so that two never wait for each other's turn.
    for name in sorted(asked):
        new += _gather(response, response.actions[name], asked[name], clock)
    if asked:
        gathering.forget_windows(clock.now() - response.longest_window - SKEW)
    return new


def _gather(
    response: Response, action: Action, asked: Sequence[Asked], clock: Clock
) -> list[NewDelivery]:
    # Taken first: what is read afterwards, and be it the time, is nobody else's to change.
    overflow = gathering.take_turn(action.name)
    now = clock.now()
    places, told = _places(action, asked, overflow, now)
    decision.add(
        [
            _added(one.mail, action, told[one.mail], response.version)
            for one in places
            if one.due_at is None
        ]
    )
    return [
        response.delivery(
            one.mail,
            action,
            told[one.mail],
            now,
            gathers_until=one.due_at if one.gathers else None,
        )
        for one in places
        if one.due_at is not None
    ]


def _places(
    action: Action, asked: Sequence[Asked], overflow: Window, now: Instant
) -> tuple[list[Place], dict[str, list[Undecided]]]:
    """The mails of an action, each as it was first, and what each tells."""
    keys = [action.key(one.alarm, rule) for one, rule in asked]
    windows = gathering.windows(action.name, list({key for key in keys if key is not None}))
    windows[OVERFLOW] = overflow
    counted = gathering.mails_due(action.name, now) if action.ceiling is not None else ()
    ceiling = Ceiling(action.ceiling, counted)
    storm = Storm(
        now,
        span=action.window,
        ceiling=ceiling,
        windows=windows,
        gathering=_gathering(action, windows, now),
        new_mail=uuid7,
    )
    places: dict[str, Place] = {}
    told: defaultdict[str, list[Undecided]] = defaultdict(list)
    for (one, _), key in zip(asked, keys, strict=True):
        place = storm.place(key)
        places.setdefault(place.mail, place)
        told[place.mail].append(one)
    gathering.keep_windows(action.name, storm.changed)
    gathering.count_mails(action.name, ceiling.taken)
    return list(places.values()), told


def _gathering(action: Action, windows: Mapping[str, Window], now: Instant) -> set[str]:
    digests = {
        one.digest for one in windows.values() if one.digest is not None and now < one.closes_at
    }
    return gathering.still_gathering(
        sorted(digests), action.kind, recipients_to_json(action.addressed)
    )


def _added(digest: str, action: Action, told: Sequence[Undecided], version: int) -> Added:
    return Added(
        delivery=digest,
        action=action.name,
        configuration=version,
        severity=max(one.alarm.severity.rank for one in told),
        transitions=tuple(one.id for one in told),
    )
