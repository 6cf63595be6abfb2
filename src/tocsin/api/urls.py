"""Paths of the API."""

from __future__ import annotations

from typing import Any

from django.urls import path
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

import tocsin
from tocsin.api import alarms, deliveries, health, management, problem, response
from tocsin.api.caller import BearerToken


class TocsinAPI(NinjaAPI):
    """The API, with the schema of a reported alarm in its description."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """The OpenAPI description."""
        schema = super().get_openapi_schema(**options)
        described = dict(alarms.ALARM_SCHEMA)
        components = schema["components"].setdefault("schemas", {})
        components.update(described.pop("$defs", {}))
        components["AlarmFields"] = described
        return schema


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
for part in (alarms, deliveries, response, management):
    api.add_router("", part.router)

urlpatterns = [
    path("api/v1/", api.urls),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.openmetrics),
]
