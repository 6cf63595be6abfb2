"""``/api/v1/trust/watch``."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import BaseModel, ConfigDict

from tocsin.api.body import described, read_model
from tocsin.api.caller import caller
from tocsin.api.listing import Paging, Text, part_of
from tocsin.engine import chainhistory
from tocsin.engine.chainhistory import History

router = Router(tags=["trust"])


class Look(BaseModel):
    """Which relay is to be looked at; all when none is named."""

    model_config = ConfigDict(extra="forbid")

    relay: Text | None = None


BODIES = {"Look": Look.model_json_schema()}
"""Schemas for the API's description."""


@router.get("/trust/watch", summary="The chains that relays presented over time")
def list_watch(request: HttpRequest, wanted: Query[Paging]) -> dict[str, Any]:
    """Each relay with every address and what it presented, the newest first."""
    found = chainhistory.histories(caller(request))
    part, next_ = part_of(found, wanted, _place)
    return {"items": [chainhistory.history_json(one) for one in part], "next": next_}


def _place(one: History) -> str:
    return f"{one.relay} {one.host}:{one.port}"


@router.post(
    "/trust/watch/look",
    response={202: dict[str, Any]},
    openapi_extra=described({"$ref": "#/components/schemas/Look"}),
    summary="Look at the relays' chains now",
)
def look(request: HttpRequest) -> dict[str, Any]:
    """The names of those that are looked at."""
    wanted = read_model(request, Look)
    return {"relays": chainhistory.ask(caller(request), wanted.relay)}
