"""The training ground: break the rehearsal relay, and see what is made of it."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine import rehearsal
from tocsin.engine.rehearsal import Playable
from tocsin.web.answer import page
from tocsin.web.path import Station, station_of

TRAINING = "/rehearsal/training"


@dataclass(frozen=True, slots=True)
class Group:
    """The faults of one station of the way."""

    station: Station
    faults: tuple[Playable, ...]
    played: bool
    """One of them is in force."""


@require_http_methods(["GET", "HEAD", "POST"])
@page
def show(request: HttpRequest, principal: Principal) -> HttpResponse:
    """What the relay plays and could play; sent, it plays what was chosen and nothing else."""
    if request.method != "POST":
        return _show(request, principal)
    require(principal, Permission.ADMINISTER)
    names = [] if "mend" in request.POST else request.POST.getlist("fault")
    found = rehearsal.set_faults(principal, names)
    if found.faults:
        words = _("The rehearsal relay is broken as chosen.")
    else:
        words = _("The rehearsal relay is as it should be.")
    messages.success(request, words)
    return HttpResponseRedirect(TRAINING)


def _show(request: HttpRequest, principal: Principal) -> HttpResponse:
    require(principal, Permission.READ)
    if rehearsal.facts() is None:
        raise Http404("no rehearsal relay runs")
    facts = rehearsal.faults_in_force(principal)
    every = rehearsal.faults()
    context = {
        "place": "rehearsal",
        "facts": facts,
        "played": [one for one in every if one.name in facts.faults],
        "groups": _grouped(every, facts.faults),
    }
    return render(request, "tocsin/training.html", context)


def _grouped(faults: tuple[Playable, ...], in_force: tuple[str, ...]) -> list[Group]:
    """By station, in the order of the way."""
    at = {one.name: station_of(one.code, one.step) for one in faults}
    return [
        Group(station, found, played=any(one.name in in_force for one in found))
        for station in Station
        if (found := tuple(one for one in faults if at[one.name] is station))
    ]
