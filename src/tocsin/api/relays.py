"""``/api/v1/relays``."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from tocsin.api.caller import caller
from tocsin.api.listing import Paging, part_of
from tocsin.engine import relayhealth

router = Router(tags=["relays"])


@router.get("/relays", summary="Each relay and how it does")
def list_relays(request: HttpRequest, wanted: Query[Paging]) -> dict[str, Any]:
    """The relays in the order of preference, with what was last observed of each."""
    found = relayhealth.relay_health(caller(request))
    part, next_ = part_of(found, wanted, lambda one: one.name)
    return {"items": [relayhealth.health_json(one) for one in part], "next": next_}


@router.post("/relays/{name}/try", summary="Look at a paused relay again, at once")
def try_now(request: HttpRequest, name: str) -> dict[str, Any]:
    """The relay afterwards."""
    return relayhealth.health_json(relayhealth.try_now(caller(request), name))
