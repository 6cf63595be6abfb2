"""Deliveries: the list, one delivery with the evidence of each attempt."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.domain.delivery import OPEN_STATES, DeliveryState
from tocsin.domain.principal import Principal
from tocsin.engine import appliance, configuration, deliveries
from tocsin.engine.deliveries import AttemptView, DeliveryFilter, DeliveryView
from tocsin.engine.errors import NotFound
from tocsin.trust.certificate import Certificate
from tocsin.web import filters, path, wording
from tocsin.web.answer import page

_FILTERS = ("state", "action", "test", "code", "alarm")
_CAN_RETRY = frozenset(
    {
        DeliveryState.FAILED,
        DeliveryState.CANCELLED,
        DeliveryState.UNKNOWN,
        DeliveryState.HELD,
        DeliveryState.RETRYING,
    }
)


@require_safe
@page
def list_(request: HttpRequest, principal: Principal) -> HttpResponse:
    """The list alone."""
    return _list(request, principal, {})


@require_safe
@page
def detail(request: HttpRequest, principal: Principal, id_: str) -> HttpResponse:
    """One delivery beside the list."""
    context = shown(principal, deliveries.get_delivery(principal, id_))
    if request.htmx:  # type: ignore[attr-defined]
        context["query"] = filters.query(request)
        return render(request, "tocsin/part/delivery.html", context)
    return _list(request, principal, context)


def shown(principal: Principal, delivery: DeliveryView) -> dict[str, Any]:
    """What the component of a delivery needs."""
    return {
        "delivery": delivery,
        "stops": path.stops_of_delivery(delivery),
        "attempts": [
            {
                "attempt": one,
                "stops": path.stops(one),
                "chain": chain_of(principal, one),
                "last": one is delivery.attempts[-1],
            }
            for one in reversed(delivery.attempts)
        ],
        "can_retry": delivery.state in _CAN_RETRY and not delivery.is_test,
        "can_cancel": delivery.state in OPEN_STATES and delivery.state != DeliveryState.SENDING,
        "is_open": delivery.state in OPEN_STATES,
    }


def chain_of(principal: Principal, attempt: AttemptView) -> list[tuple[str, Certificate | None]]:
    """The chain that the relay presented, as far as its certificates were kept."""
    return list(_certificates(principal, attempt.chain))


def _certificates(
    principal: Principal, chain: Iterable[str]
) -> Iterable[tuple[str, Certificate | None]]:
    for sha256 in chain:
        try:
            yield sha256, deliveries.certificate(principal, sha256)
        except NotFound:
            yield sha256, None


def _list(request: HttpRequest, principal: Principal, context: dict[str, Any]) -> HttpResponse:
    wanted = DeliveryFilter(
        state=filters.word(request, "state", DeliveryState),
        action=filters.text(request, "action"),
        alarm=filters.text(request, "alarm"),
        test=filters.truth(request, "test"),
        code=filters.text(request, "code"),
    )
    found = deliveries.list_deliveries(principal, wanted, cursor=filters.text(request, "cursor"))
    chosen = filters.chosen(request, _FILTERS)
    return render(
        request,
        "tocsin/deliveries.html",
        {
            "place": "deliveries",
            "page": found,
            "query": filters.query(request),
            "more": filters.query(request, cursor=found.next) if found.next else "",
            "chosen": chosen,
            "filtered": any(chosen.values()),
            "counts": _counts(principal),
            "relay": _paused_relay(principal),
            "states": wording.delivery_states(),
            "actions": [one.name for one in configuration.current().configuration.actions],
            **context,
        },
    )


def _paused_relay(principal: Principal) -> dict[str, Any] | None:
    light = appliance.relay_light(principal)
    if light.explained is None:
        return None
    return {
        "light": light,
        "failure": light.explained,
        "stops": path.stops_of_fault(light.explained),
    }


def _counts(principal: Principal) -> list[tuple[DeliveryState, int]]:
    return [(state, count) for state, count in deliveries.counts(principal).items() if count]


@require_POST
@page
def retry(request: HttpRequest, principal: Principal, id_: str) -> HttpResponse:
    """Set a delivery going again."""
    deliveries.retry(principal, id_)
    messages.success(request, _("The delivery is queued again."))
    return HttpResponseRedirect(f"/deliveries/{id_}{filters.query(request)}")


@require_POST
@page
def cancel(request: HttpRequest, principal: Principal, id_: str) -> HttpResponse:
    """Give a delivery up."""
    deliveries.cancel(principal, id_)
    messages.success(request, _("The delivery is cancelled: nobody gets it any more."))
    return HttpResponseRedirect(f"/deliveries/{id_}{filters.query(request)}")
