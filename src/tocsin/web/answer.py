"""A page's answer: on whose behalf it is asked for, and what a refusal looks like."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from tocsin.central.problem import Invalid
from tocsin.domain.principal import NotPermitted, Principal
from tocsin.engine.errors import Conflict, NotFound, Refused, RoleMissing
from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Explained, Finding
from tocsin.web import trouble
from tocsin.web.signin import principal_of

P = ParamSpec("P")


def page(
    view: Callable[Concatenate[HttpRequest, Principal, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """A view that is told the principal, and whose refusals become pages with words."""

    @wraps(view)
    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            response = view(request, principal_of(request), *args, **kwargs)
        except NotPermitted as refusal:
            return trouble.forbidden(request, refusal)
        except NotFound as missing:
            return trouble.not_found(request, missing)
        except (Refused, Conflict, Invalid, RoleMissing) as refusal:
            response = refused(request, refusal)
        patch_vary_headers(response, ("HX-Request",))
        return response

    return answer


def told(refusal: Exception) -> Explained:
    """What a use case raised, in the words of the catalogue."""
    match refusal:
        case Refused():
            return explain(refusal.finding)
        case RoleMissing():
            return explain(Finding("role.missing", {"role": refusal.role}))
        case Invalid():
            problems = "; ".join(f"{one.path} {one.message}" for one in refusal.problems)
            return explain(Finding("config.conflict", {"problem": problems}))
    return explain(Finding("config.conflict", {"problem": str(refusal)}))


def refused(request: HttpRequest, refusal: Exception) -> HttpResponse:
    """A page of its own for what was refused, where no form is there to show it."""
    status = 503 if isinstance(refusal, RoleMissing) else 409
    return render(request, "tocsin/refused.html", {"failure": told(refusal)}, status=status)
