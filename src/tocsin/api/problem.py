"""What a use case raised, as a problem document (RFC 9457)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import structlog
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from tocsin.api.body import TooLarge
from tocsin.central.problem import Invalid
from tocsin.domain.principal import NotPermitted
from tocsin.engine.errors import Conflict, NotFound, Refused, RoleMissing
from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Finding

_log = structlog.get_logger("api")

_CONFLICTS = frozenset({"certificate.duplicate", "config.conflict"})
"""Findings about what is there already, rather than about what was given."""


def problem(
    status: int,
    finding: Finding,
    *,
    title: str | None = None,
    detail: str | None = None,
    fix: Sequence[str] | None = None,
    errors: Sequence[dict[str, str]] = (),
) -> HttpResponse:
    """A problem document for a finding; title, detail and fix are its own unless given."""
    told = explain(finding)
    document: dict[str, Any] = {
        "type": f"https://tocsin.invalid/faults/{told.code}",
        "title": title or told.title,
        "status": status,
        "detail": detail or told.cause,
        "code": told.code,
        "fix": list(told.fix if fix is None else fix),
    }
    if errors:
        document["errors"] = list(errors)
    # In ASCII: what was sent may be repeated here, and need not be text that can be encoded.
    return HttpResponse(
        json.dumps(document), status=status, content_type="application/problem+json"
    )


def _not_permitted(_request: HttpRequest, error: NotPermitted) -> HttpResponse:
    facts = {"name": error.principal.name, "role": error.principal.role.value}
    return problem(403, Finding("access.not-permitted", facts))


def _not_found(_request: HttpRequest, error: NotFound) -> HttpResponse:
    return problem(404, Finding("input.not-found", {"what": error.what, "name": error.name}))


def _conflict(_request: HttpRequest, error: Conflict) -> HttpResponse:
    return problem(409, Finding("config.conflict", {"problem": str(error)}))


def _refused(_request: HttpRequest, error: Refused) -> HttpResponse:
    return problem(409 if error.finding.code in _CONFLICTS else 422, error.finding)


def _too_large(_request: HttpRequest, _error: TooLarge) -> HttpResponse:
    facts = {"field": "The body", "problem": "is larger than 64 MiB"}
    return problem(413, Finding("input.invalid", facts))


def _invalid(_request: HttpRequest, error: Invalid) -> HttpResponse:
    errors = [
        {"field": one.path, "message": one.message, "accepted": one.accepted}
        for one in error.problems
    ]
    return problem(422, Finding("input.invalid"), detail=str(error), errors=errors)


def _bad_parameters(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [
        {
            "field": str(one["loc"][-1]),
            "message": one["msg"].removeprefix("Value error, "),
            "accepted": "",
        }
        for one in error.errors
    ]
    detail = "; ".join(f"{one['field']}: {one['message']}" for one in errors)
    return problem(422, Finding("input.invalid"), detail=detail, errors=errors)


def _role_missing(_request: HttpRequest, error: RoleMissing) -> HttpResponse:
    return problem(503, Finding("role.missing", {"role": error.role}))


def sign_in_required(request: HttpRequest, _error: Exception | None = None) -> HttpResponse:
    """401 (RFC 6750 section 3): without a token, or with one that is none of ours."""
    answer = problem(401, Finding("access.sign-in-required"))
    tried = request.headers.get("Authorization", "").lower().startswith("bearer ")
    answer["WWW-Authenticate"] = 'Bearer realm="Tocsin"' + (
        ', error="invalid_token"' if tried else ""
    )
    return answer


def _http_error(_request: HttpRequest, error: HttpError) -> HttpResponse:
    facts = {"field": "The request", "problem": f"cannot be taken: {error}"}
    return problem(error.status_code, Finding("input.invalid", facts))


@csrf_exempt
def no_such_path(request: HttpRequest) -> HttpResponse:
    """404: the API has nothing there."""
    return problem(
        404,
        Finding("input.not-found", {"what": "path", "name": request.path}),
        fix=["Look at /api/v1/openapi.json for what the API has."],
    )


def method_not_allowed(request: HttpRequest, allowed: Sequence[str]) -> HttpResponse:
    """405: something is there, and cannot be done with it."""
    methods = ", ".join(allowed)
    facts = {"field": "The method", "problem": f"{request.method} is not one of {methods}"}
    answer = problem(405, Finding("input.invalid", facts))
    answer["Allow"] = methods
    return answer


_RETRY_AFTER_S = "5"
"""When a store that did not answer is worth another try (RFC 9110 section 10.2.3)."""


def store_failed(_request: HttpRequest, error: DatabaseError) -> HttpResponse:
    """503: the store does not take or give anything just now."""
    _log.error("store does not answer", error=str(error))
    full = "full" in str(error).lower() or "no space" in str(error).lower()
    answer = problem(503, Finding("store.full" if full else "store.locked"))
    answer["Retry-After"] = _RETRY_AFTER_S
    return answer


def _unknown(request: HttpRequest, error: Exception) -> HttpResponse:
    """A fault of ours: a number to find it by in the log, never a stack trace."""
    incident = secrets.token_hex(4)
    _log.error("incident", incident=incident, path=request.path, exc_info=error)
    return problem(
        500,
        Finding("unknown"),
        title="Something failed that should not",
        detail=f"A mistake of the program: incident {incident} in logs/tocsin.log.",
        fix=["Look for the incident's number in the log of the manager; it says what failed."],
    )


_HANDLERS: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
    NotPermitted: _not_permitted,
    NotFound: _not_found,
    Conflict: _conflict,
    Refused: _refused,
    TooLarge: _too_large,
    Invalid: _invalid,
    ValidationError: _bad_parameters,
    RoleMissing: _role_missing,
    AuthenticationError: sign_in_required,
    HttpError: _http_error,
    DatabaseError: store_failed,
    Exception: _unknown,
}


def register(api: NinjaAPI) -> None:
    """Answer every exception of the engine by a problem document."""
    for kind, handler in _HANDLERS.items():
        api.add_exception_handler(kind, handler)


def telling(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The same view, with problem documents where the framework answers in other words."""

    @wraps(view)
    def told(request: HttpRequest, *args: Any, **path: Any) -> HttpResponse:
        try:
            answer = view(request, *args, **path)
        except Http404:
            return no_such_path(request)
        if answer.status_code == 405:  # noqa: PLR2004
            return method_not_allowed(request, answer["Allow"].split(", "))
        return answer

    # Tokens are sent on purpose: no page of another can make a browser send them.
    return csrf_exempt(told)
