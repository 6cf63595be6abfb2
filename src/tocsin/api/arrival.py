"""``/api/v1/arrival``: whether what relays accept arrives, and how long it takes."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from tocsin.api.caller import caller
from tocsin.api.listing import Paging, clamp
from tocsin.engine import arrival

router = Router(tags=["arrival"])


@router.get("/arrival", summary="The arrival probe and its canary mails")
def get_arrival(request: HttpRequest, wanted: Query[Paging]) -> dict[str, Any]:
    """Whether mail arrives, by the latest canary that tells; and all canaries, newest first."""
    view = arrival.arrival(caller(request), clamp(wanted.limit), wanted.cursor)
    return {
        **arrival.arrival_json(view),
        "items": [arrival.canary_json(one) for one in view.canaries],
        "next": view.canaries[-1].id if view.more else None,
        "total": view.total,
    }


@router.post("/arrival/probe", response={202: dict[str, Any]}, summary="Send a canary mail now")
def probe(request: HttpRequest) -> dict[str, Any]:
    """The canary's id, which is that of its delivery; whether it arrived is told later."""
    return {"id": arrival.probe_now(caller(request))}
