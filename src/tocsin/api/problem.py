"""What a use case raised, as a problem document (RFC 9457)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from tocsin.central.problem import Invalid
from tocsin.domain.principal import NotPermitted
from tocsin.engine.errors import Conflict, NotFound, Refused, RoleMissing
from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Finding

_log = structlog.get_logger("api")


def problem(
    status: int,
    finding: Finding,
    *,
    detail: str | None = None,
    errors: Sequence[dict[str, str]] = (),
) -> HttpResponse:
    """A problem document for a finding."""
    told = explain(finding)
    document: dict[str, Any] = {
        "type": f"https://tocsin.invalid/faults/{told.code}",
        "title": told.title,
        "status": status,
        "detail": detail or told.cause,
        "code": told.code,
        "fix": list(told.fix),
    }
    if errors:
        document["errors"] = list(errors)
    return HttpResponse(
        json.dumps(document, ensure_ascii=False),
        status=status,
        content_type="application/problem+json",
    )


def _not_permitted(_request: HttpRequest, error: NotPermitted) -> HttpResponse:
    facts = {"name": error.principal.name, "role": error.principal.role.value}
    return problem(403, Finding("access.not-permitted", facts))


def _not_found(_request: HttpRequest, error: NotFound) -> HttpResponse:
    return problem(404, Finding("input.not-found", {"what": error.what, "name": error.name}))


def _conflict(_request: HttpRequest, error: Conflict) -> HttpResponse:
    return problem(409, Finding("config.conflict", {"problem": str(error)}))


def _refused(_request: HttpRequest, error: Refused) -> HttpResponse:
    return problem(422, error.finding)


def _invalid(_request: HttpRequest, error: Invalid) -> HttpResponse:
    errors = [
        {"field": one.path, "message": one.message, "accepted": one.accepted}
        for one in error.problems
    ]
    return problem(422, Finding("input.invalid"), detail=str(error), errors=errors)


def _bad_parameters(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [
        {"field": ".".join(map(str, one["loc"][1:])), "message": one["msg"], "accepted": ""}
        for one in error.errors
    ]
    detail = "; ".join(f"{one['field']}: {one['message']}" for one in errors)
    return problem(422, Finding("input.invalid"), detail=detail, errors=errors)


def _role_missing(_request: HttpRequest, error: RoleMissing) -> HttpResponse:
    return problem(503, Finding("role.missing", {"role": error.role}))


def _no_sign_in(_request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    answer = problem(401, Finding("access.sign-in-required"))
    answer["WWW-Authenticate"] = "Bearer"
    return answer


def _http_error(_request: HttpRequest, error: HttpError) -> HttpResponse:
    facts = {"field": "the request", "problem": str(error)}
    return problem(error.status_code, Finding("input.invalid", facts))


def _store_failed(_request: HttpRequest, error: DatabaseError) -> HttpResponse:
    _log.error("store does not answer", error=str(error))
    full = "full" in str(error).lower() or "no space" in str(error).lower()
    return problem(503, Finding("store.full" if full else "store.locked"))


def _unknown(_request: HttpRequest, error: Exception) -> HttpResponse:
    """A fault of ours: a number to find it by in the log, never a stack trace."""
    incident = secrets.token_hex(4)
    _log.error("incident", incident=incident, exc_info=error)
    return problem(
        500,
        Finding("unknown", {"reply": f"incident {incident}"}),
        detail=f"Something failed that should not: incident {incident} in logs/tocsin.log.",
    )


_HANDLERS: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
    NotPermitted: _not_permitted,
    NotFound: _not_found,
    Conflict: _conflict,
    Refused: _refused,
    Invalid: _invalid,
    ValidationError: _bad_parameters,
    RoleMissing: _role_missing,
    AuthenticationError: _no_sign_in,
    HttpError: _http_error,
    DatabaseError: _store_failed,
    Exception: _unknown,
}


def register(api: NinjaAPI) -> None:
    """Answer every exception of the engine by a problem document."""
    for kind, handler in _HANDLERS.items():
        api.add_exception_handler(kind, handler)
