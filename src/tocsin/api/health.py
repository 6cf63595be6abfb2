"""``/healthz``, ``/readyz`` and ``/metrics``: no sign-in for this machine itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from tocsin.api.caller import is_local
from tocsin.api.problem import method_not_allowed, sign_in_required, store_failed
from tocsin.base.secret import Secret
from tocsin.domain.principal import Permission
from tocsin.engine import access, appliance, metrics

View = Callable[[HttpRequest], HttpResponse]


def _for_local_or_token(view: View) -> View:
    @wraps(view)
    def checked(request: HttpRequest) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return method_not_allowed(request, ["GET", "HEAD"])
        try:
            if is_local(request) or _has_token(request):
                return view(request)
        except DatabaseError as error:
            return store_failed(request, error)
        return sign_in_required(request)

    # Nothing is changed here, and whoever asks with a wrong method is told so in JSON.
    return csrf_exempt(checked)


def _has_token(request: HttpRequest) -> bool:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return False
    known = access.principal_of_token(Secret(token.strip()))
    return known is not None and known.may(Permission.READ)


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
    return HttpResponse(metrics.openmetrics(), content_type=metrics.CONTENT_TYPE)
