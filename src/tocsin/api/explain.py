"""``/api/v1/explain``: what a log line of any mail program means."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from tocsin.api.body import described, read_model
from tocsin.api.caller import caller
from tocsin.domain.principal import Permission, require
from tocsin.faults.text.recognise import recognise_text
from tocsin.faults.text.told import document

router = Router(tags=["doctor"])


class Line(BaseModel):
    """A log line, a stack trace, a relay's reply; several lines are looked at as one text."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1)


BODIES = {"Line": Line.model_json_schema()}
"""Schemas for the API's description."""


@router.post(
    "/explain",
    openapi_extra=described({"$ref": "#/components/schemas/Line"}),
    summary="What a log line of any mail program means",
)
def explain(request: HttpRequest) -> dict[str, Any]:
    """The faults that the text tells of, with cause, fix and the facts in it.

    Nothing is kept. `known` is false where nothing was recognised; the one finding then says
    what to collect.
    """
    require(caller(request), Permission.READ)
    return document(recognise_text(read_model(request, Line).text))
