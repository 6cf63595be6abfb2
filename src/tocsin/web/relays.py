"""Relays: whether each takes mail, since when and why not, how fast, how much of its quota."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.clock import now
from tocsin.domain.delivery import DeliveryState
from tocsin.domain.principal import Principal
from tocsin.engine import appliance, relayhealth
from tocsin.engine.relayhealth import RelayHealth
from tocsin.web import path, plot, seslines
from tocsin.web.answer import page
from tocsin.web.path import Stop
from tocsin.web.seslines import Line

_TOOK = DeliveryState.DELIVERED.value


@dataclass(frozen=True, slots=True)
class _Shown:
    """A relay as the page shows it."""

    health: RelayHealth
    use: str
    look: str
    """Which look the state of use has."""
    stops: tuple[Stop, ...]
    plot: plot.Plot
    ses: tuple[Line, ...]
    """The account at Amazon SES that its mail goes into; nothing where it is of none."""


@require_safe
@page
def list_(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Every relay with all that is known of it."""
    found = relayhealth.relay_health(principal)
    context = {
        "place": "deliveries",
        "tab": "relays",
        "relays": [_shown(one) for one in found],
        "light": appliance.relay_light(principal),
    }
    return render(request, "tocsin/relays.html", context)


def _shown(one: RelayHealth) -> _Shown:
    words = {
        "open": (_("in use"), "good"),
        "paused": (_("paused"), "bad"),
        "trying": (_("being tried with one message"), "busy"),
        "standby": (_("standing by"), "idle"),
    }
    use, look = words.get(one.use or "", (_("not known"), "idle"))
    if one.use == "trying" and one.paused_at is not None:
        look = "warn"
    counts = [(at, _TOOK, taken) for at, taken, _recipients in one.usage]
    stops = path.stops_of_fault(one.explained) if one.explained else ()
    ses = seslines.of_relay(one)
    return _Shown(one, use, look, stops, plot.draw(counts, (_TOOK,), now()), ses)


@require_POST
@page
def try_now(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Look at a paused relay again, at once."""
    name = request.POST.get("name", "")
    relayhealth.try_now(principal, name)
    messages.success(request, _("The relay %(name)s is looked at again now.") % {"name": name})
    return HttpResponseRedirect("/relays")
