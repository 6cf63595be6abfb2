"""Deliveries → Arrival: whether what relays accept arrives, and the mailbox that tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from tocsin.base.clock import MINUTE, Instant, now
from tocsin.base.secret import Secret
from tocsin.central.arrival import FIELDS, Arrival, show_arrival
from tocsin.central.problem import Invalid
from tocsin.domain.delivery import DeliveryState
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine import arrival, configuration
from tocsin.engine.arrival import ArrivalView, Canary
from tocsin.web import plot, problems
from tocsin.web.answer import page
from tocsin.web.problems import FormProblems

ARRIVAL = "/arrival"
_PART = "arrival"
_SHOWN = 25
_FOLLOWED: Instant = 10 * MINUTE
"""How long the page asks by itself what became of the latest canary."""
_NAMES = frozenset(FIELDS) - {"password_file"} | {"password"}
_TEXTS = tuple(name for name in FIELDS if name not in {"password_file", "delete"})
_ENCRYPTIONS = (("imaps", gettext_lazy("TLS from the start (IMAPS)")), ("starttls", "STARTTLS"))
_BARS = {
    "arrived": DeliveryState.DELIVERED.value,
    "late": DeliveryState.RETRYING.value,
    "missing": DeliveryState.FAILED.value,
}
"""A canary's state → the look of its bar."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """A canary as the page shows it."""

    canary: Canary
    word: str
    look: str


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@page
def show(request: HttpRequest, principal: Principal) -> HttpResponse:
    """How the probe does, and its settings; sent, they are applied."""
    if request.method != "POST":
        return _shown(request, principal, _values(_settings()), FormProblems())
    require(principal, Permission.ADMINISTER)
    if "stop" in request.POST:
        configuration.change(principal, {_PART: None})
        messages.success(request, _("Nothing is probed any more."))
        return HttpResponseRedirect(ARRIVAL)
    sent = {name: request.POST.get(name, "").strip() for name in _TEXTS}
    values = {**sent, "delete": "delete" in request.POST}
    password = request.POST.get("password", "")
    document: dict[str, Any] = {name: value for name, value in values.items() if value != ""}
    if password:
        document["password"] = Secret(password)
    try:
        changed = configuration.change(principal, {_PART: document})
    except Invalid as invalid:
        wrong = _at_fields(problems.of_part(invalid, _PART, _NAMES))
        return _shown(request, principal, values, wrong)
    words = _("The settings are applied as version %(number)d.") % {"number": changed.version}
    messages.success(request, words)
    return HttpResponseRedirect(ARRIVAL)


@require_POST
@page
def probe(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Send a canary now."""
    arrival.probe_now(principal)
    messages.success(request, _("A canary is on its way. What becomes of it stands here."))
    return HttpResponseRedirect(ARRIVAL)


def _settings() -> Arrival | None:
    return configuration.current().configuration.arrival


def _values(settings: Arrival | None) -> dict[str, Any]:
    """The form's values for what is configured; what nobody set is empty."""
    if settings is None:
        return {"encryption": "imaps", "delete": True}
    return {"encryption": "imaps", **show_arrival(settings), "delete": settings.delete}


def _at_fields(wrong: FormProblems) -> FormProblems:
    """A password that is missing is told at the password."""
    others = [one for one in wrong.other if "password_file" not in one]
    if len(others) == len(wrong.other):
        return wrong
    words = _("The mailbox needs a password.")
    return FormProblems({**wrong.fields, "password": words}, others)


def _shown(
    request: HttpRequest, principal: Principal, values: dict[str, Any], wrong: FormProblems
) -> HttpResponse:
    view = arrival.arrival(principal, _SHOWN)
    relays = configuration.current().configuration.every_relay
    headline, look = _headline(view)
    context = {
        "place": "deliveries",
        "tab": "arrival",
        "view": view,
        "headline": headline,
        "look": look,
        "canaries": [_canary(one) for one in view.canaries],
        "under_way": _is_followed(view),
        "plot": _plot(view),
        "values": values,
        "errors": wrong.fields,
        "others": wrong.other,
        "encryptions": _ENCRYPTIONS,
        "relays": [("", _("the one that carries mail")), *((one.name, one.name) for one in relays)],
        "has_password": view.settings is not None and view.settings.password is not None,
    }
    return render(request, "tocsin/arrival.html", context, status=422 if wrong else 200)


def _is_followed(view: ArrivalView) -> bool:
    """Whether something is soon to be told of the latest canary."""
    return (
        view.settings is not None
        and view.mailbox is None
        and not view.resting
        and any(
            one.state == "waiting" and 0 <= now() - one.queued_at < _FOLLOWED
            for one in view.canaries[:1]
        )
    )


def _headline(view: ArrivalView) -> tuple[str, str]:
    """What the page says first, and its look."""
    words = {
        "arrived": (_("Mail arrives"), "good"),
        "late": (_("Mail arrives, but late"), "warn"),
        "missing": (_("Mail is accepted and does not arrive"), "bad"),
        "unreadable": (_("Arrival cannot be checked"), "warn"),
    }
    return words.get(view.state, (_("Not known yet"), "idle"))


def _canary(one: Canary) -> _Shown:
    words = {
        "waiting": (pgettext("canary", "on its way"), "busy"),
        "arrived": (pgettext("canary", "arrived"), "good"),
        "late": (pgettext("canary", "arrived late"), "warn"),
        "missing": (pgettext("canary", "not arrived"), "bad"),
        "not-sent": (pgettext("canary", "not accepted by the relay"), "idle"),
    }
    return _Shown(one, *words[one.state])


def _plot(view: ArrivalView) -> plot.Plot:
    counts = [(at, _BARS[state], 1) for at, state in view.recent if state in _BARS]
    return plot.draw(counts, tuple(_BARS.values()), now())
