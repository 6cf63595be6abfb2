"""People & tokens."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.secret import Secret
from tocsin.domain.principal import Principal, Role
from tocsin.engine import access
from tocsin.engine.errors import Conflict, Refused
from tocsin.web import wording
from tocsin.web.answer import page

PEOPLE = "/people"


@require_safe
@page
def list_(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Everybody who can sign in, and every token."""
    return _list(request, principal)


def _list(
    request: HttpRequest,
    principal: Principal,
    *,
    form: str = "",
    error: str = "",
    field: str = "",
) -> HttpResponse:
    context = {
        "place": "people",
        "people": access.people(principal),
        "tokens": access.tokens(principal),
        "roles": wording.roles(),
        "form": form,
        "values": request.POST if form else {},
        "errors": {field or "name": error} if error else {},
    }
    return render(request, "tocsin/people.html", context, status=422 if error else 200)


def _shown_once(request: HttpRequest, what: str, name: str, secret: Secret) -> HttpResponse:
    context = {"place": "people", "what": what, "name": name, "secret": secret.reveal()}
    return render(request, "tocsin/shown_once.html", context)


def _made(
    request: HttpRequest, principal: Principal, form: str, make: Callable[[], Secret]
) -> HttpResponse:
    try:
        secret = make()
    except Refused as refusal:
        facts = refusal.finding.facts
        words = facts.get("problem", "")
        return _list(request, principal, form=form, error=words, field=facts.get("field", ""))
    except Conflict as conflict:
        return _list(request, principal, form=form, error=str(conflict))
    return _shown_once(request, form, request.POST.get("name", "").strip(), secret)


def _role(request: HttpRequest) -> Role:
    try:
        return Role(request.POST.get("role", ""))
    except ValueError:
        raise Conflict(_("choose one of the four roles")) from None


@require_POST
@page
def add_person(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Let somebody in; the one-time password is shown once."""
    name = request.POST.get("name", "").strip()
    return _made(
        request, principal, "person", lambda: access.add_person(principal, name, _role(request))
    )


@require_POST
@page
def change_role(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Give somebody another role."""
    access.change_role(principal, request.POST.get("name", ""), _role(request))
    messages.success(request, _("The role is changed."))
    return HttpResponseRedirect(PEOPLE)


@require_POST
@page
def reset_password(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Give somebody a new one-time password; it is shown once."""
    name = request.POST.get("name", "")
    return _shown_once(request, "person", name, access.reset_password(principal, name))


@require_POST
@page
def remove_person(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Let somebody in no more."""
    name = request.POST.get("name", "")
    access.remove_person(principal, name)
    messages.success(request, _("%(name)s can sign in no more.") % {"name": name})
    return HttpResponseRedirect(PEOPLE)


@require_POST
@page
def add_token(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Make a token; it is shown once."""
    name, days = request.POST.get("name", "").strip(), request.POST.get("days", "").strip()
    if days and not (days.isascii() and days.isdigit() and len(days) < 10):  # noqa: PLR2004
        words = _("Give a number of days, or nothing for a token that does not end.")
        return _list(request, principal, form="token", error=words, field="days")
    return _made(
        request,
        principal,
        "token",
        lambda: access.add_token(principal, name, _role(request), days=int(days) if days else None),
    )


@require_POST
@page
def remove_token(request: HttpRequest, principal: Principal) -> HttpResponse:
    """End a token at once."""
    name = request.POST.get("name", "")
    access.remove_token(principal, name)
    messages.success(request, _("The token %(name)s is ended.") % {"name": name})
    return HttpResponseRedirect(PEOPLE)
