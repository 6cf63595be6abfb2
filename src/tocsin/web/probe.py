"""Probe deeper: which versions and suites a server takes, its temporary keys, and the rest."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine import deepprobe
from tocsin.engine.errors import Refused
from tocsin.faults.catalogue import explain
from tocsin.trust.deep.found import DeepProbe
from tocsin.web.answer import page, told
from tocsin.web.target import asked_for, target_of


@require_http_methods(["GET", "HEAD", "POST"])
@page
def look(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Look at a server on request; a look takes some dozens of connections."""
    require(principal, Permission.ADMINISTER)
    context = asked_for(request)
    if request.method != "POST":
        return render(request, "tocsin/probe.html", context)
    target = target_of(context)
    if target is None:
        return render(request, "tocsin/probe.html", context, status=422)
    try:
        found = deepprobe.probe(principal, *target, context["mode"] or None)
    except Refused as refusal:
        context["failure"] = told(refusal)
        return render(request, "tocsin/probe.html", context, status=422)
    context |= {
        "found": found,
        "failures": [explain(one) for one in {one.code: one for one in found.findings}.values()],
        "beside": _beside(found),
    }
    return render(request, "tocsin/probe.html", context)


def _beside(found: DeepProbe) -> list[tuple[str, bool | None]]:
    """What else was found, in rows of words and an answer (None: not known)."""
    ways = {
        "id": _("Session taken up again by its id, %(version)s"),
        "ticket": _("Session taken up again by a ticket, %(version)s"),
    }
    extras = found.extras
    return [
        *((ways[one.by] % {"version": one.version}, one.works) for one in found.resumption),
        (_("OCSP stapling"), extras.stapled),
        (_("Compression"), extras.compression),
        (_("Secure renegotiation"), extras.secure_renegotiation),
        (_("Extended master secret"), extras.extended_master_secret),
        (_("Refuses a fall back to older versions"), extras.fallback_refused),
    ]
