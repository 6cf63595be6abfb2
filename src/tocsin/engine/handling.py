"""What people do with a delivery: try it again, give it up, hold it back, let it go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from django.db import transaction

from tocsin.base.clock import HOUR, Instant, now
from tocsin.domain.delivery import DeliveryState, HoldReason, Recipient, RecipientState
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine import nudge
from tocsin.engine.deliveries import DeliveryView, find, get_delivery
from tocsin.engine.errors import Conflict, NotFound
from tocsin.store import models
from tocsin.store.queries import counters
from tocsin.store.queries.rows import recipients_from_json, recipients_to_json

RETRY_FOR: Instant = 24 * HOUR
"""How long a delivery that a person set going again is tried for."""

MOST = 1_000
"""Deliveries that are handled at once."""


class Handling(StrEnum):
    """What can be done with a delivery."""

    RETRY = "retry"
    """Set it going again, at once, to the recipients that did not get it."""
    HOLD = "hold"
    """Keep it back until somebody releases it."""
    RELEASE = "release"
    """Let go what is held, for whatever reason: by a person, gathering, or in doubt."""
    CANCEL = "cancel"
    """Give it up."""


@dataclass(frozen=True, slots=True)
class Handled:
    """What came of one of several; `problem` says why nothing was done with it."""

    id: str
    problem: str | None = None


_FROM: Mapping[Handling, tuple[DeliveryState, ...]] = {
    Handling.RETRY: (
        DeliveryState.FAILED,
        DeliveryState.CANCELLED,
        DeliveryState.UNKNOWN,
        DeliveryState.HELD,
        DeliveryState.RETRYING,
    ),
    Handling.HOLD: (DeliveryState.QUEUED, DeliveryState.RETRYING),
    Handling.RELEASE: (DeliveryState.HELD,),
    Handling.CANCEL: (DeliveryState.QUEUED, DeliveryState.RETRYING, DeliveryState.HELD),
}
# Somebody waits for a test: it is asked for once more, not held or sent late.
_TESTS = {
    Handling.RETRY: "a test is not sent again; run Test Action once more",
    Handling.HOLD: "a test is not held: whoever asked for it waits for its answer",
    Handling.RELEASE: "a test is not sent again; run Test Action once more",
}


def possible(delivery: DeliveryView) -> frozenset[Handling]:
    """What can be done with it as it is now."""
    return frozenset(
        one
        for one, states in _FROM.items()
        if delivery.state in states and not (delivery.is_test and one in _TESTS)
    )


def handle(principal: Principal, what: Handling, id_: str) -> DeliveryView:
    """Do that with a delivery; gives it as it is then.

    Raises:
        NotPermitted: the role may not.
        NotFound: there is none of that id.
        Conflict: its state does not let it, or it is a test.
    """
    require(principal, Permission.TEST_ACTIONS)
    _handle(principal, what, id_)
    nudge.wake("responder")
    return get_delivery(principal, id_)


def handle_each(principal: Principal, what: Handling, ids: Iterable[str]) -> list[Handled]:
    """Do that with each of these, on its own: what one refuses stops no other.

    Raises:
        NotPermitted: the role may not.
        Conflict: more than `MOST` are named.
    """
    require(principal, Permission.TEST_ACTIONS)
    named = list(dict.fromkeys(ids))
    if len(named) > MOST:
        raise Conflict(f"{len(named)} deliveries are named; at most {MOST} are handled at once")
    results = []
    for id_ in named:
        try:
            _handle(principal, what, id_)
        except (NotFound, Conflict) as refusal:
            results.append(Handled(id_, str(refusal)))
        else:
            results.append(Handled(id_))
    nudge.wake("responder")
    return results


def _handle(principal: Principal, what: Handling, id_: str) -> None:
    find(id_)
    with transaction.atomic():
        # Its recipients are written back, so nobody else may note a reply meanwhile.
        row = models.Delivery.objects.select_for_update().get(id=id_)
        if row.sample is not None and what in _TESTS:
            raise Conflict(_TESTS[what])
        state, changes = _CHANGES[what](principal, row)
        # Whoever else changed it before, such as the sender, has been first.
        moved = models.Delivery.objects.filter(
            id=id_, state__in=[one.value for one in _FROM[what]]
        ).update(state=state.value, **changes)
        if not moved:
            is_ = models.Delivery.objects.values_list("state", flat=True).get(id=id_)
            wanted = ", ".join(_FROM[what])
            raise Conflict(f"the delivery is {is_}; this can be done while it is one of: {wanted}")
        counters.add_deliveries([(row.kind, state.value)], now())


_Changes = tuple[DeliveryState, dict[str, Any]]
_FREE: dict[str, Any] = {"hold": None, "held_by": None}


def _once_more(principal: Principal, row: models.Delivery) -> _Changes:
    state, changes = _set_going(principal, row)
    return state, {**changes, "recipients": asked_again(row)}


def asked_again(row: models.Delivery) -> str:
    """Its recipients, as they are kept, with those that were refused to be asked once more."""
    return recipients_to_json(map(_pending, recipients_from_json(row.recipients)))


def _pending(one: Recipient) -> Recipient:
    refused = one.state is RecipientState.REFUSED
    return replace(one, state=RecipientState.PENDING, reply=None) if refused else one


def _set_going(_principal: Principal, row: models.Delivery) -> _Changes:
    doubtful = row.state == DeliveryState.UNKNOWN.value or row.hold == HoldReason.IN_DOUBT.value
    return DeliveryState.QUEUED, {
        **_FREE,
        "not_before": now(),
        "expires_at": now() + RETRY_FOR,
        "finished_at": None,
        "maybe_twice": row.maybe_twice or doubtful,
    }


def _hold_back(principal: Principal, _row: models.Delivery) -> _Changes:
    return DeliveryState.HELD, {"hold": HoldReason.PERSON.value, "held_by": principal.name}


def _give_up(_principal: Principal, _row: models.Delivery) -> _Changes:
    return DeliveryState.CANCELLED, {**_FREE, "finished_at": now()}


_CHANGES: Mapping[Handling, Callable[[Principal, models.Delivery], _Changes]] = {
    Handling.RETRY: _once_more,
    Handling.HOLD: _hold_back,
    Handling.RELEASE: _set_going,
    Handling.CANCEL: _give_up,
}


def handled_json(handled: Handled) -> dict[str, Any]:
    """What came of one of several, in the shape that ``--json`` gives."""
    return {"delivery": handled.id, "ok": handled.problem is None, "problem": handled.problem}
