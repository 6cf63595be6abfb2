"""``/api/v1/doctor/{id}/remedies``: what the doctor can do, looked at, done, and undone."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from tocsin.api.body import described, read_model
from tocsin.api.caller import caller
from tocsin.api.listing import Text
from tocsin.engine import remedy
from tocsin.engine.remedies import sandbox
from tocsin.engine.remedyshape import done_json, offer_json, preview_json

router = Router(tags=["doctor"])


class RemedyGiven(BaseModel):
    """What a remedy asks for. `sha256` is the fingerprint of the certificate to be trusted."""

    model_config = ConfigDict(extra="forbid")

    sender: Text | None = None
    secret: Text | None = Field(default=None, json_schema_extra={"writeOnly": True})
    """An IAM secret access key; it is used once and not kept."""
    region: Text | None = None
    """For which the password is derived, where the server's name does not tell."""
    sha256: Text | None = None
    knowingly: Text | None = None
    """The fingerprint once more, where hardly anybody means to trust such a certificate."""
    name: Text | None = None

    @property
    def entered(self) -> dict[str, str]:
        """What was given."""
        return self.model_dump(exclude_none=True)


class RemedyLook(BaseModel):
    """A remedy to be looked at, with what is entered for it so far."""

    model_config = ConfigDict(extra="forbid")

    given: RemedyGiven = RemedyGiven()


class RemedyOrder(RemedyLook):
    """A remedy to be carried out; `version` is the configuration that it was looked at for."""

    version: int = Field(ge=0)


class RemedyUndo(BaseModel):
    """The configuration version whose change is taken back."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1)


BODIES = {
    one.__name__: one.model_json_schema(ref_template="#/components/schemas/{model}")
    for one in (RemedyLook, RemedyOrder, RemedyUndo)
}
"""Schemas for the API's description."""


def _body(model: type[BaseModel]) -> dict[str, Any]:
    return described({"$ref": f"#/components/schemas/{model.__name__}"})


@router.post("/doctor/undo", openapi_extra=_body(RemedyUndo), summary="Undo a remedy")
def undo(request: HttpRequest) -> dict[str, Any]:
    """What else was changed since stays. The doctor walks again."""
    wanted = read_model(request, RemedyUndo)
    return done_json(remedy.undo(caller(request), wanted.version))


@router.post("/doctor/release", summary="Release what is held until the SES sandbox is left")
def release(request: HttpRequest) -> dict[str, Any]:
    """How many deliveries go out now."""
    return {"ok": True, "released": sandbox.release(caller(request))}


@router.get("/doctor/{id}/remedies", summary="What Tocsin can do about a walk's findings")
def list_remedies(request: HttpRequest, id: str) -> dict[str, Any]:  # noqa: A002 -- the path's word
    """Those that would do something now; `index` is their place in the paths below."""
    items = [offer_json(one) for one in remedy.offers(caller(request), id)]
    return {"items": items, "next": None}


@router.post(
    "/doctor/{id}/remedies/{place}/preview",
    openapi_extra=_body(RemedyLook),
    summary="What a remedy would change",
)
def preview(request: HttpRequest, id: str, place: int) -> dict[str, Any]:  # noqa: A002
    """Nothing changes; `asks` is what is still to be given."""
    look = read_model(request, RemedyLook)
    return preview_json(remedy.preview(caller(request), id, place, look.given.entered))


@router.post(
    "/doctor/{id}/remedies/{place}",
    openapi_extra=_body(RemedyOrder),
    summary="Carry a remedy out, and walk again",
)
def carry_out(request: HttpRequest, id: str, place: int) -> dict[str, Any]:  # noqa: A002
    """Refused when the configuration is not the version that was looked at."""
    order = read_model(request, RemedyOrder)
    done = remedy.carry_out(
        caller(request), id, place, order.given.entered, seen_version=order.version
    )
    return done_json(done)
