"""``/api/v1/trust`` and ``/api/v1/certs/collect``."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import BaseModel, ConfigDict

from tocsin.api.body import described, read_model
from tocsin.api.caller import caller
from tocsin.api.configuration import changed_json
from tocsin.api.listing import Paging, Text, part_of
from tocsin.base.clock import rfc3339
from tocsin.engine import anchors, certs

router = Router(tags=["trust"])


class NewAnchor(BaseModel):
    """Certificates to trust, as PEM text; `name` is the friendly name, made up when empty."""

    model_config = ConfigDict(extra="forbid")

    pem: Text
    name: Text = ""


class Endpoint(BaseModel):
    """Where to look; `timeout` (seconds) bounds all of it."""

    model_config = ConfigDict(extra="forbid")

    host: Text
    port: int = 587
    mode: Literal["starttls", "smtps"] | None = None
    timeout: float = 30.0


BODIES = {
    "NewAnchor": NewAnchor.model_json_schema(),
    "Endpoint": Endpoint.model_json_schema(),
}
"""Schemas for the API's description."""


def _reference(name: str) -> dict[str, Any]:
    return described({"$ref": f"#/components/schemas/{name}"})


def _anchor(one: anchors.AnchorView) -> dict[str, Any]:
    certificate = one.certificate
    return {
        "name": one.name,
        "sha256": certificate.sha256,
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "not_before": rfc3339(certificate.not_before),
        "not_after": rfc3339(certificate.not_after),
        "key": certificate.key,
        "signature": certificate.signature,
        "ca": certificate.is_ca,
        "self_signed": certificate.self_signed,
        "added_at": rfc3339(one.added_at),
        "added_by": one.added_by,
        "use": one.use,
        "problems": list(one.problems),
        "pem": certificate.pem,
    }


@router.get("/trust", summary="The trust store")
def list_trust(request: HttpRequest, wanted: Query[Paging]) -> dict[str, Any]:
    """Every certificate that is trusted."""
    found = anchors.anchors(caller(request))
    part, next_ = part_of(found, wanted, lambda one: one.name)
    return {"items": [_anchor(one) for one in part], "next": next_, "total": len(found)}


@router.post(
    "/trust",
    response={201: dict[str, Any]},
    openapi_extra=_reference("NewAnchor"),
    summary="Trust certificates",
)
def add_trust(request: HttpRequest) -> dict[str, Any]:
    """All certificates of the PEM text, or none."""
    new = read_model(request, NewAnchor)
    upload = anchors.Upload(new.name, new.pem.encode())
    return changed_json(anchors.add_anchors(caller(request), [upload]))


@router.get("/trust/{path:name}", summary="One certificate of the trust store")
def get_trust(request: HttpRequest, name: str) -> dict[str, Any]:
    """The certificate of that name."""
    return _anchor(anchors.anchor(caller(request), name))


@router.delete("/trust/{path:name}", summary="Trust a certificate no more")
def remove_trust(request: HttpRequest, name: str) -> dict[str, Any]:
    """What changed."""
    return changed_json(anchors.remove_anchor(caller(request), name))


@router.post(
    "/certs/collect",
    openapi_extra=_reference("Endpoint"),
    summary="The chain that a server presents",
)
def collect(request: HttpRequest) -> dict[str, Any]:
    """At every address of the name, with the verdict against the trust store."""
    where = read_model(request, Endpoint)
    found = certs.collect(
        caller(request), where.host, where.port, where.mode, timeout=where.timeout
    )
    document: dict[str, Any] = found.to_json()
    return document
