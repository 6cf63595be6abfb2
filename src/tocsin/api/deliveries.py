"""``/api/v1/deliveries``."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from tocsin.api.caller import caller
from tocsin.api.listing import Paging, Text, clamp
from tocsin.domain.delivery import DeliveryState
from tocsin.engine import deliveries

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
        ),
        cursor=wanted.cursor,
        limit=clamp(wanted.limit),
    )
    views = deliveries.with_attempts(page.items)
    return {
        "items": [deliveries.delivery_json(one) for one in views],
        "next": page.next,
        "total": page.total,
    }


@router.get("/deliveries/{id}", summary="One delivery with its evidence")
def get_delivery(request: HttpRequest, id: str) -> dict[str, Any]:  # noqa: A002 -- the path's word
    """The delivery of that id."""
    return deliveries.delivery_json(deliveries.get_delivery(caller(request), id))


@router.post("/deliveries/{id}/retry", summary="Set it going again, at once")
def retry(request: HttpRequest, id: str) -> dict[str, Any]:  # noqa: A002
    """The delivery afterwards."""
    return deliveries.delivery_json(deliveries.retry(caller(request), id))


@router.post("/deliveries/{id}/cancel", summary="Give it up")
def cancel(request: HttpRequest, id: str) -> dict[str, Any]:  # noqa: A002
    """The delivery afterwards."""
    return deliveries.delivery_json(deliveries.cancel(caller(request), id))
