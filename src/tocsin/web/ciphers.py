"""Cipher policy: which TLS versions and suites relays are offered, and what they choose."""

from __future__ import annotations

from ssl import OPENSSL_VERSION
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from tocsin.central.problem import Invalid
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine import ciphers
from tocsin.engine.ciphers import Considered, Wanted
from tocsin.trust.policy import VERSIONS
from tocsin.web.answer import page

CIPHERS = "/trust/ciphers"
_FIELDS = ("preset", "list", "minimum", "maximum")


@require_http_methods(["GET", "HEAD", "POST"])
@page
def edit(request: HttpRequest, principal: Principal) -> HttpResponse:
    """The policy in force; another one is looked at first, then put in force."""
    if request.method != "POST":
        return _form(request, principal, _present(principal))
    require(principal, Permission.ADMINISTER)
    given = {name: request.POST.get(name, "").strip() for name in _FIELDS}
    if "back" in request.POST:
        return _form(request, principal, given)
    if given["preset"] and not given["list"]:
        given["list"] = ""
    wanted = Wanted(**{name: value or None for name, value in given.items()})
    try:
        if "confirmed" in request.POST:
            ciphers.set_policy(principal, wanted)
            messages.success(request, _("The cipher policy is in force."))
            return HttpResponseRedirect(CIPHERS)
        considered = ciphers.consider(principal, wanted)
    except Invalid as refusal:
        errors = [f"{one.message} {one.accepted or ''}".strip() for one in refusal.problems]
        return _form(request, principal, given, errors=errors, status=422)
    return _consideration(request, considered, given, CIPHERS)


@require_POST
@page
def restore(request: HttpRequest, principal: Principal) -> HttpResponse:
    """The policy before the last change: looked at first, then put in force."""
    require(principal, Permission.ADMINISTER)
    if "back" in request.POST:
        return HttpResponseRedirect(CIPHERS)
    if "confirmed" in request.POST:
        ciphers.restore(principal)
        messages.success(request, _("The cipher policy is the one before its last change."))
        return HttpResponseRedirect(CIPHERS)
    considered = ciphers.consider_restore(principal)
    return _consideration(request, considered, {}, f"{CIPHERS}/restore")


def _present(principal: Principal) -> dict[str, str]:
    view = ciphers.present_policy(principal)
    return {
        "preset": view.preset or "",
        "list": "" if view.preset else view.policy.ciphers,
        "minimum": "" if view.preset else view.policy.minimum,
        "maximum": "" if view.preset else view.policy.maximum or "",
    }


def _form(
    request: HttpRequest,
    principal: Principal,
    given: dict[str, str],
    *,
    errors: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    presets = ciphers.presets(principal)
    own = [("", _("a list of its own"))]
    versions = [("", _("as the preset says")), *((one, f"TLS {one}") for one in VERSIONS)]
    context: dict[str, Any] = {
        "place": "trust",
        "view": ciphers.present_policy(principal),
        "presets": presets,
        "choices": [*own, *((one.preset, one.preset) for one in presets)],
        "versions": versions,
        "openssl": OPENSSL_VERSION,
        "errors": errors or [],
        "given": given,
    }
    return render(request, "tocsin/ciphers.html", context, status=status)


def _consideration(
    request: HttpRequest, considered: Considered, given: dict[str, str], action: str
) -> HttpResponse:
    context = {
        "place": "trust",
        "considered": considered,
        "view": considered.view,
        "given": given,
        "action": action,
        "openssl": OPENSSL_VERSION,
    }
    return render(request, "tocsin/ciphers_effect.html", context)
