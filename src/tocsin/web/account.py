"""Signing in and out, a new password, language and theme."""

from __future__ import annotations

import math

from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from tocsin.base.home import Home
from tocsin.base.secret import Secret
from tocsin.engine import access
from tocsin.engine.errors import Refused
from tocsin.engine.firstpassword import first_password_file
from tocsin.engine.signinguard import SignInGuard
from tocsin.store.models import Person
from tocsin.web.frame import THEME_COOKIE, THEMES
from tocsin.web.signin import NEW_PASSWORD

_YEAR_S = 365 * 86_400
_guard = SignInGuard()


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The form, and the session that comes of it."""
    onward = safe_path(request.POST.get("next") or request.GET.get("next"))
    if request.method != "POST":
        if isinstance(request.user, Person):
            return HttpResponseRedirect(onward)
        return render(request, "tocsin/sign_in.html", {"next": onward})
    name = request.POST.get("name", "").strip()
    peer = request.META.get("REMOTE_ADDR", "")
    wait = _guard.wait_s(name, peer)
    if wait > 0:
        context = {"next": onward, "name": name, "wait": math.ceil(wait)}
        return render(request, "tocsin/sign_in.html", context, status=429)
    person = authenticate(request, username=name, password=request.POST.get("password", ""))
    if not isinstance(person, Person):
        _guard.failed(name, peer)
        context = {"next": onward, "name": name, "refused": True}
        return render(request, "tocsin/sign_in.html", context, status=401)
    _guard.succeeded(name, peer)
    login(request, person)
    return HttpResponseRedirect(NEW_PASSWORD if person.one_time else onward)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return HttpResponseRedirect("/sign-in")


@never_cache
@sensitive_post_parameters("present", "password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def new_password(request: HttpRequest) -> HttpResponse:
    """Replace the password; a one-time password must be."""
    person = request.user
    assert isinstance(person, Person)
    errors: dict[str, str] = {}
    if request.method == "POST":
        one_time = person.one_time
        errors = _set_password(person, request)
        if not errors:
            update_session_auth_hash(request, person)
            if one_time and person.pk == Person.objects.order_by("pk").values_list("pk")[0][0]:
                first_password_file(Home.of_environment()).unlink(missing_ok=True)
            return HttpResponseRedirect("/")
    context = {"errors": errors, "one_time": person.one_time}
    return render(request, "tocsin/new_password.html", context, status=400 if errors else 200)


def _set_password(person: Person, request: HttpRequest) -> dict[str, str]:
    password = request.POST.get("password", "")
    if not person.one_time and not person.check_password(request.POST.get("present", "")):
        return {"present": _("This is not the present password.")}
    if person.check_password(password):
        return {"password": _("Choose another one than the present password.")}
    if password != request.POST.get("again", ""):
        return {"again": _("The two are not the same.")}
    try:
        access.set_own_password(person, Secret(password))
    except Refused as refusal:
        return {"password": refusal.finding.facts["problem"]}
    return {}


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember light, dark or the system's choice in a cookie."""
    chosen = request.POST.get("theme", "")
    answer = HttpResponseRedirect(safe_path(request.POST.get("next")))
    if chosen in THEMES:
        answer.set_cookie(
            THEME_COOKIE, chosen, max_age=_YEAR_S, samesite="Lax", secure=request.is_secure()
        )
    return answer


def safe_path(path: str | None) -> str:
    """Where to go on: a path of these pages, never another site."""
    if path and url_has_allowed_host_and_scheme(path, allowed_hosts=None) and path[0] == "/":
        return path
    return "/"
