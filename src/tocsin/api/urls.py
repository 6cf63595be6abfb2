"""Paths of the API."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, path, re_path
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

import tocsin
from tocsin.api import (
    alarms,
    arrival,
    ciphers,
    configuration,
    deliveries,
    doctor,
    explain,
    health,
    messages,
    probe,
    problem,
    rehearsal,
    relays,
    remedy,
    response,
    sesaccount,
    sesfeedback,
    sessetup,
    trust,
    watch,
)
from tocsin.api.caller import BearerToken


class TocsinAPI(NinjaAPI):
    """The API, with the schemas of bodies that the engine reads itself in its description."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """The OpenAPI description."""
        schema = super().get_openapi_schema(**options)
        components = schema["components"].setdefault("schemas", {})
        for name, described in BODIES.items():
            own = dict(described)
            components.update(own.pop("$defs", {}))
            components[name] = own
        for operations in schema["paths"].values():
            for operation in operations.values():
                operation["responses"].setdefault("default", _PROBLEM)
        components["Problem"] = _PROBLEM_SCHEMA
        return schema


BODIES = {
    **alarms.BODIES,
    **response.BODIES,
    **trust.BODIES,
    **ciphers.BODIES,
    **watch.BODIES,
    **rehearsal.BODIES,
    **doctor.BODIES,
    **explain.BODIES,
    **messages.BODIES,
    **remedy.BODIES,
    **sessetup.BODIES,
}

_PROBLEM = {
    "description": "What is wrong, as a problem document (RFC 9457).",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_TEXT = {"type": "string"}
_PROBLEM_SCHEMA = {
    "title": "Problem",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "fix"],
    "properties": {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "code": {**_TEXT, "description": "The fault's stable code."},
        "fix": {"type": "array", "items": _TEXT},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": _TEXT, "message": _TEXT, "accepted": _TEXT},
            },
        },
    },
}

api = TocsinAPI(
    title="Tocsin",
    version=tocsin.__version__,
    description="Alarms in, rules, actions, deliveries with their evidence. Errors are problem "
    "documents (RFC 9457) with a stable `code`.",
    auth=BearerToken(),
    docs_url=None,
    openapi_url="/openapi.json",
    urls_namespace="api",
)
problem.register(api)
for part in (
    alarms,
    deliveries,
    relays,
    rehearsal,
    remedy,  # its paths of a word stand before the doctor's of any id
    doctor,
    response,
    watch,
    trust,
    probe,
    ciphers,
    configuration,
    sesaccount,
    sesfeedback,
    sessetup,
    arrival,
    explain,
    messages,
):
    api.add_router("", part.router)

_patterns, _app, _namespace = api.urls
for _pattern in _patterns:
    assert isinstance(_pattern, URLPattern)
    _pattern.callback = problem.telling(_pattern.callback)

urlpatterns = [
    path("api/v1/", (_patterns, _app, _namespace)),
    path("api/v1/ses/sns", sesfeedback.sns),
    re_path(r"^api(?:/.*)?$", problem.no_such_path),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.openmetrics),
]
