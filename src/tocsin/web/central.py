"""Central Management: appliances, their statistics, their status."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.central.appliance import Status
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine import appliance, configuration, deliveries, sources
from tocsin.engine.appliance import ApplianceView
from tocsin.engine.errors import NotFound
from tocsin.web import wording
from tocsin.web.answer import page

_HISTORY = 100


@require_safe
@page
def list_(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Appliance Manager; it asks again while something is not settled."""
    views = appliance.appliances(principal)
    context = {
        "place": "central",
        "tab": "appliances",
        "appliances": [(one, wording.status_class(one.status)) for one in views],
        "busy": any(_unsettled(one) for one in views),
        "waited_for": request.GET.get("applied"),
    }
    return render(request, "tocsin/appliances.html", context)


def _unsettled(view: ApplianceView) -> bool:
    return view.status in {Status.CHANGES_PENDING, Status.INITIALIZING}


def find(principal: Principal, node: str) -> ApplianceView:
    """The appliance of that node.

    Raises:
        NotFound: there is none.
    """
    for one in appliance.appliances(principal):
        if one.node == node:
            return one
    raise NotFound("appliance", node)


@require_safe
@page
def statistics(request: HttpRequest, principal: Principal, node: str) -> HttpResponse:
    """View Appliance Statistics: roles, sources, deliveries."""
    view = find(principal, node)
    counts = deliveries.counts(principal)
    context: dict[str, Any] = {
        "place": "central",
        "tab": "appliances",
        "view": view,
        "status_class": wording.status_class(view.status),
        "sources": sources.sources(principal, node),
        "counts": [(state, count) for state, count in counts.items()],
    }
    return render(request, "tocsin/statistics.html", context)


@require_safe
@page
def history(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Every version of the configuration, newest first."""
    context = {
        "place": "central",
        "tab": "history",
        "versions": configuration.history(principal, _HISTORY),
    }
    return render(request, "tocsin/history.html", context)


@require_POST
@page
def revert(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Show what going back to a version would change, then do it."""
    require(principal, Permission.ADMINISTER)
    text = request.POST.get("version", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1  # noqa: PLR2004
    if "confirmed" in request.POST:
        changed = configuration.revert(principal, number)
        messages.success(
            request, _("The configuration is as it was in version %(number)d.") % {"number": number}
        )
        return HttpResponseRedirect(f"/central?applied={changed.version}")
    context = {
        "place": "central",
        "tab": "history",
        "number": number,
        "changed": configuration.revert(principal, number, dry_run=True),
    }
    return render(request, "tocsin/revert.html", context)
