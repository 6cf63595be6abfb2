"""``/api/v1/configuration``, ``/trust``, ``/certs/collect`` and ``/appliances``."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema

from tocsin.api.body import read_object
from tocsin.api.caller import caller
from tocsin.base.clock import rfc3339
from tocsin.base.secret import Secret
from tocsin.engine import anchors, appliance, certs, configuration

router = Router(tags=["central management"])


@router.get("/configuration", summary="The configuration document in force")
def get_configuration(request: HttpRequest) -> dict[str, Any]:
    """The document without secrets, and its version's number."""
    number = configuration.current_number()
    return {"version": number, "document": configuration.show_document(caller(request))}


class Change(Schema):
    """How a change is made."""

    expected: int | None = None
    """Only if this is still the version in force."""
    dry_run: bool = False


@router.post("/configuration", summary="Change parts of the document")
def change_configuration(request: HttpRequest, how: Query[Change]) -> dict[str, Any]:
    """Make the parts that are given so; all or nothing, idempotent.

    Unlike in a file, `smtp.password` may hold the password itself here.
    """
    document = read_object(request)
    smtp = document.get("smtp")
    if isinstance(smtp, dict) and isinstance(smtp.get("password"), str):
        document["smtp"] = {**smtp, "password": _secret(smtp["password"])}
    changed = configuration.change(
        caller(request), document, expected=how.expected, dry_run=how.dry_run
    )
    return _changed(changed)


def _secret(text: str) -> Secret | str:
    return text if text == "set" else Secret(text)


def _changed(changed: configuration.Changed) -> dict[str, Any]:
    return {
        "version": changed.version,
        "changed": changed.made,
        "differences": [
            {"path": one.path, "before": one.before, "after": one.after}
            for one in changed.differences
        ],
    }


@router.get("/configuration/versions", summary="The versions, newest first")
def list_versions(request: HttpRequest, limit: int = 50) -> dict[str, Any]:
    """When, by whom, from where, and what changed."""
    found = configuration.history(caller(request), max(1, min(limit, 1000)))
    return {
        "items": [
            {
                "version": one.number,
                "created_at": rfc3339(one.created_at),
                "actor": one.actor,
                "origin": one.origin,
                "summary": list(one.summary),
            }
            for one in found
        ],
        "next": None,
    }


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
        "ca": certificate.is_ca,
        "self_signed": certificate.self_signed,
        "added_at": rfc3339(one.added_at),
        "added_by": one.added_by,
        "use": one.use,
        "problems": list(one.problems),
        "pem": certificate.pem,
    }


class NewAnchor(Schema):
    """A certificate to trust."""

    pem: str
    name: str = ""


@router.get("/trust", summary="The trust store")
def list_trust(request: HttpRequest) -> dict[str, Any]:
    """Every certificate that is trusted."""
    return {"items": [_anchor(one) for one in anchors.anchors(caller(request))], "next": None}


@router.post("/trust", response={201: dict[str, Any]}, summary="Trust certificates")
def add_trust(request: HttpRequest, new: NewAnchor) -> tuple[int, dict[str, Any]]:
    """All certificates of the PEM text, or none."""
    upload = anchors.Upload(new.name, new.pem.encode())
    return 201, _changed(anchors.add_anchors(caller(request), [upload]))


@router.delete("/trust/{name}", summary="Trust a certificate no more")
def remove_trust(request: HttpRequest, name: str) -> dict[str, Any]:
    """What changed."""
    return _changed(anchors.remove_anchor(caller(request), name))


class Endpoint(Schema):
    """Where to look."""

    host: str
    port: int = 587
    mode: str | None = None
    timeout: float = 30.0


@router.post("/certs/collect", summary="The chain that a server presents")
def collect(request: HttpRequest, where: Endpoint) -> dict[str, Any]:
    """At every address of the name, with the verdict against the trust store."""
    found = certs.collect(
        caller(request), where.host, where.port, where.mode, timeout=where.timeout
    )
    document: dict[str, Any] = found.to_json()
    return document


@router.get("/appliances", summary="Appliance Manager")
def list_appliances(request: HttpRequest) -> dict[str, Any]:
    """Every node with its roles, as observed."""
    found = appliance.appliances(caller(request))
    return {"items": [appliance.appliance_json(one) for one in found], "next": None}
