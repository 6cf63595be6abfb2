"""``/api/v1/trust`` and ``/api/v1/certs/collect``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import BaseModel, ConfigDict

from tocsin.api.body import described, read_model
from tocsin.api.caller import caller
from tocsin.api.configuration import changed_json
from tocsin.api.listing import Paging, Text, part_of
from tocsin.base.clock import rfc3339
from tocsin.engine import anchors, certs, reliance

router = Router(tags=["trust"])

_ORIGIN = "the API"


class NewAnchor(BaseModel):
    """Certificates to trust, as PEM text or as base64 of DER, PKCS#7 or PKCS#12.

    `name` is the friendly name, made up when empty; `password` opens PKCS#12; `knowingly`
    takes what is out of time or no authority.
    """

    model_config = ConfigDict(extra="forbid")

    pem: Text
    name: Text = ""
    password: Text = ""
    knowingly: bool = False


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


def _anchor(one: anchors.AnchorView, carried: Sequence[reliance.Carried]) -> dict[str, Any]:
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
        "origin": one.origin,
        "knowingly": one.knowingly,
        "names": list(certificate.names),
        "serial": certificate.serial,
        "ca_issuers": list(certificate.issuer_urls),
        "ocsp": list(certificate.ocsp_urls),
        "carries": [
            {"relay": each.relay, "server": each.server, "since": rfc3339(each.since)}
            for each in carried
        ],
        "use": one.use,
        "problems": list(one.problems),
        "warnings": list(one.warnings),
        "pem": certificate.pem,
    }


@router.get("/trust", summary="The trust store")
def list_trust(request: HttpRequest, wanted: Query[Paging]) -> dict[str, Any]:
    """Every certificate that is trusted."""
    found = anchors.anchors(caller(request))
    part, next_ = part_of(found, wanted, lambda one: one.name)
    carried = reliance.carried(caller(request))
    items = [_anchor(one, carried.get(one.certificate.sha256, ())) for one in part]
    return {"items": items, "next": next_, "total": len(found)}


@router.post(
    "/trust",
    response={201: dict[str, Any]},
    openapi_extra=_reference("NewAnchor"),
    summary="Trust certificates",
)
def add_trust(request: HttpRequest) -> dict[str, Any]:
    """All certificates of the text, or none."""
    new = read_model(request, NewAnchor)
    upload = anchors.Upload(
        new.name,
        new.pem.encode(),
        origin=_ORIGIN,
        password=new.password,
        knowingly=new.knowingly,
    )
    return changed_json(anchors.add_anchors(caller(request), [upload]))


@router.get("/trust/{path:name}", summary="One certificate of the trust store")
def get_trust(request: HttpRequest, name: str) -> dict[str, Any]:
    """The certificate of that name."""
    found = anchors.anchor(caller(request), name)
    carried = reliance.carried(caller(request))
    return _anchor(found, carried.get(found.certificate.sha256, ()))


@router.delete("/trust/{path:name}", summary="Trust a certificate no more")
def remove_trust(request: HttpRequest, name: str) -> dict[str, Any]:
    """What changed, and the relays that verify no longer by what they presented last."""
    breaks = reliance.without(caller(request), name).breaks
    changed = changed_json(anchors.remove_anchor(caller(request), name))
    return {**changed, "breaks": list(breaks)}


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
