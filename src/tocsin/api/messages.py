"""``/api/v1/messages/verify``: what a received message proves."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from tocsin.api.body import read_model, read_octets
from tocsin.api.caller import caller
from tocsin.domain.principal import Permission, require
from tocsin.engine.messages import verify_message

router = Router(tags=["messages"])

_MESSAGE_TYPE = "message/rfc822"


class Message(BaseModel):
    """A received message as text, its header fields included."""

    model_config = ConfigDict(extra="forbid")

    message: str = Field(min_length=1)


BODIES = {"Message": Message.model_json_schema()}
"""Schemas for the API's description."""

_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            _MESSAGE_TYPE: {"schema": {"type": "string", "format": "binary"}},
            "application/json": {"schema": {"$ref": "#/components/schemas/Message"}},
        },
    }
}


@router.post("/messages/verify", openapi_extra=_BODY, summary="What the headers of a message prove")
def verify(request: HttpRequest) -> dict[str, Any]:
    """Its route, whether SES carried it, DKIM and ARC verified anew, alignment, which delivery.

    The body is the message itself (`message/rfc822`) or JSON. Nothing of it is kept. `ok` is
    true when a signature holds and nothing is broken, false when something is, and null
    when nothing could be proved.
    """
    principal = caller(request)
    require(principal, Permission.READ)
    return verify_message(principal, _content(request)).to_json()


def _content(request: HttpRequest) -> bytes:
    if (request.content_type or "").lower() == _MESSAGE_TYPE:
        return read_octets(request)
    return read_model(request, Message).message.encode()
