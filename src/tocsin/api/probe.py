"""``/api/v1/certs/probe``."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from tocsin.api.body import described, read_model
from tocsin.api.caller import caller
from tocsin.api.trust import Endpoint
from tocsin.engine import deepprobe

router = Router(tags=["trust"])


@router.post(
    "/certs/probe",
    openapi_extra=described({"$ref": "#/components/schemas/Endpoint"}),
    summary="What a server's TLS takes",
)
def probe(request: HttpRequest) -> dict[str, Any]:
    """Versions, suites, temporary keys, resumption and the rest, at one address of the name."""
    where = read_model(request, Endpoint)
    found = deepprobe.probe(
        caller(request), where.host, where.port, where.mode, timeout=where.timeout
    )
    document: dict[str, Any] = found.to_json()
    return document
