"""Pages for what is not allowed, not there, or broken."""

from __future__ import annotations

import secrets

import structlog
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

_log = structlog.get_logger("web")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: the role does not allow it."""
    context = {"reason": str(exception or "")}
    return render(request, "tocsin/forbidden.html", context, status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: there is no such page, or no such thing."""
    # Django's own exception says which patterns were tried: nothing for a reader.
    reason = "" if exception is None or exception.args[:1] == ({},) else str(exception)
    known = not type(exception).__module__.startswith("django")
    context = {"reason": reason if known else ""}
    return render(request, "tocsin/not_found.html", context, status=404)


def failed(request: HttpRequest) -> HttpResponse:
    """500: a mistake of the program; the number finds it in the log."""
    incident = secrets.token_hex(4)
    _log.error("page failed", incident=incident, path=request.path, exc_info=True)
    # Without the frame: what failed may be the store that the frame asks.
    return HttpResponse(
        render_to_string("tocsin/failed.html", {"incident": incident, "theme": "system"}),
        status=500,
    )
