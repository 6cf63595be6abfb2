"""``/api/v1/deliveries``."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from tocsin.api.caller import caller
from tocsin.api.listing import Paging, Text, clamp
from tocsin.api.moment import since_of
from tocsin.domain.delivery import DeliveryState
from tocsin.engine import deliveries, deliveryjson, handling, told
from tocsin.engine.deliveries import ReceiptFilter
from tocsin.engine.handling import Handling

router = Router(tags=["deliveries"])


class Listing(Paging):
    """Conditions on the list; all that are given must hold."""

    limit: int = 50
    state: DeliveryState | None = None
    action: Text | None = None
    alarm: Text | None = None
    """Id of an alarm that it tells of."""
    test: bool | None = None
    """Whether it is of Test Action."""
    code: Text | None = None
    """Of the fault that it failed by last."""
    maybe_twice: bool | None = None
    text: Text | None = None
    """Stands in a recipient or in what the relay said of it; or a Message-ID."""
    since: Text | None = None
    """RFC 3339 time; queued then or later."""
    receipt: ReceiptFilter | None = None
    """What was said later of some recipient; ``none``: of none yet."""


class Told(Paging):
    """Which part of what a delivery tells is wanted."""

    limit: int = 50


@router.get("/deliveries", summary="The outbox, newest first")
def list_deliveries(request: HttpRequest, wanted: Query[Listing]) -> dict[str, Any]:
    """Deliveries for which every condition holds, with each attempt."""
    page = deliveries.list_deliveries(
        caller(request),
        deliveries.DeliveryFilter(
            state=wanted.state,
            action=wanted.action,
            alarm=wanted.alarm,
            test=wanted.test,
            code=wanted.code,
            maybe_twice=wanted.maybe_twice,
            text=wanted.text,
            since=since_of(wanted.since),
            receipt=wanted.receipt,
        ),
        cursor=wanted.cursor,
        limit=clamp(wanted.limit),
    )
    views = deliveries.with_attempts(page.items)
    return {
        "items": [deliveryjson.delivery_json(one) for one in views],
        "next": page.next,
        "total": page.total,
    }


@router.get("/deliveries/{id}", summary="One delivery with its evidence")
def get_delivery(request: HttpRequest, id: str) -> dict[str, Any]:  # noqa: A002 -- the path's word
    """The delivery of that id."""
    return deliveryjson.delivery_json(deliveries.get_delivery(caller(request), id))


@router.get("/deliveries/{id}/alarms", summary="Every alarm that it tells")
def list_told(request: HttpRequest, id: str, wanted: Query[Told]) -> dict[str, Any]:  # noqa: A002
    """Each transition that the delivery tells, in the order they were gathered."""
    page = told.list_told(caller(request), id, cursor=wanted.cursor, limit=clamp(wanted.limit))
    return {
        "items": [told.told_json(one) for one in page.items],
        "next": page.next,
        "total": page.total,
    }


@router.post("/deliveries/{id}/retry", summary="Set it going again, at once")
def retry(request: HttpRequest, id: str) -> dict[str, Any]:  # noqa: A002
    """The delivery afterwards."""
    return _handle(request, Handling.RETRY, id)


@router.post("/deliveries/{id}/hold", summary="Keep it back until it is released")
def hold(request: HttpRequest, id: str) -> dict[str, Any]:  # noqa: A002
    """The delivery afterwards."""
    return _handle(request, Handling.HOLD, id)


@router.post("/deliveries/{id}/release", summary="Let it go that is held, at once")
def release(request: HttpRequest, id: str) -> dict[str, Any]:  # noqa: A002
    """The delivery afterwards."""
    return _handle(request, Handling.RELEASE, id)


@router.post("/deliveries/{id}/cancel", summary="Give it up")
def cancel(request: HttpRequest, id: str) -> dict[str, Any]:  # noqa: A002
    """The delivery afterwards."""
    return _handle(request, Handling.CANCEL, id)


def _handle(request: HttpRequest, what: Handling, id_: str) -> dict[str, Any]:
    return deliveryjson.delivery_json(handling.handle(caller(request), what, id_))
