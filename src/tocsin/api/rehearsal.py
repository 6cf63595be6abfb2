"""``/api/v1/rehearsal/faults``: what the rehearsal relay of this run does wrong."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field

from tocsin.api.body import described, read_model
from tocsin.api.caller import caller
from tocsin.api.listing import Paging, part_of
from tocsin.engine import rehearsal
from tocsin.engine.rehearsal import RehearsalFacts

router = Router(tags=["rehearsal"])

_MOST = 200


class Faults(BaseModel):
    """The faults to play from now on, by name; none: an honest relay."""

    model_config = ConfigDict(extra="forbid", strict=True)

    faults: list[str] = Field(max_length=_MOST)


BODIES = {"Faults": Faults.model_json_schema()}
"""Schemas for the API's description."""

_FAULTS = described({"$ref": "#/components/schemas/Faults"})


@router.get("/rehearsal/faults", summary="What the rehearsal relay plays, and what it could")
def show(request: HttpRequest, wanted: Query[Paging]) -> dict[str, Any]:
    """`in_force` are played now; `items` are all faults, in the order of a mail's way."""
    found = rehearsal.faults_in_force(caller(request))
    every = rehearsal.faults()
    part, next_ = part_of(every, wanted, lambda one: one.name)
    return {
        **_told(found),
        "items": [asdict(one) for one in part],
        "next": next_,
        "total": len(every),
    }


@router.put(
    "/rehearsal/faults", openapi_extra=_FAULTS, summary="Let the rehearsal relay play other faults"
)
def change(request: HttpRequest) -> dict[str, Any]:
    """Answers once they are in force for every connection from now on."""
    body = read_model(request, Faults)
    return _told(rehearsal.set_faults(caller(request), body.faults))


def _told(found: RehearsalFacts) -> dict[str, Any]:
    return {
        "in_force": list(found.faults),
        "generation": found.generation,
        "host": found.host,
        "port": found.port,
        "smtps_port": found.smtps_port,
        "stands_in": found.stands_in,
    }
