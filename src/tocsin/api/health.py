"""``/healthz``, ``/readyz`` and ``/metrics``: no sign-in for this machine itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from tocsin.api.caller import is_local
from tocsin.api.problem import problem
from tocsin.base.secret import Secret
from tocsin.domain.principal import Permission
from tocsin.engine import access, appliance, metrics
from tocsin.faults.fault import Finding

View = Callable[[HttpRequest], HttpResponse]


def _for_local_or_token(view: View) -> View:
    @wraps(view)
    def checked(request: HttpRequest) -> HttpResponse:
        if not is_local(request):
            kind, _, token = request.headers.get("Authorization", "").partition(" ")
            known = access.principal_of_token(Secret(token)) if kind == "Bearer" else None
            if known is None or not known.may(Permission.READ):
                return problem(401, Finding("access.sign-in-required"))
        return view(request)

    return checked


@_for_local_or_token
def healthz(_request: HttpRequest) -> HttpResponse:
    """Alive: this process answers."""
    return HttpResponse('{"ok": true}', content_type="application/json")


@_for_local_or_token
def readyz(_request: HttpRequest) -> HttpResponse:
    """Whether alarms can be accepted, and if not, why."""
    found = appliance.readiness()
    return HttpResponse(
        json.dumps({"ok": found.ok, "reasons": list(found.reasons)}),
        status=200 if found.ok else 503,
        content_type="application/json",
    )


@_for_local_or_token
def openmetrics(_request: HttpRequest) -> HttpResponse:
    """The manager's numbers."""
    try:
        return HttpResponse(metrics.openmetrics(), content_type=metrics.CONTENT_TYPE)
    except DatabaseError:
        return problem(503, Finding("store.locked"))
