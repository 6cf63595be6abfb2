"""Deliveries: the list, one delivery with the evidence of each attempt, what is done with them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_POST, require_safe

from tocsin.base.clock import DAY, HOUR, Instant, now, parse_rfc3339
from tocsin.domain.delivery import OPEN_STATES, DeliveryState
from tocsin.domain.principal import Principal
from tocsin.engine import appliance, configuration, deliveries, handling, tally, told
from tocsin.engine.deliveries import AttemptView, DeliveryFilter, DeliveryView, ReceiptFilter
from tocsin.engine.errors import NotFound
from tocsin.engine.handling import Handled, Handling
from tocsin.trust.certificate import Certificate
from tocsin.web import filters, live, path, plot, wording
from tocsin.web.answer import page

_FILTERS = ("state", "action", "text", "since", "test", "twice", "code", "alarm", "receipt")
_MORE_FILTERS = ("test", "twice", "code", "receipt")
_SINCE: dict[str, Instant] = {"1h": HOUR, "24h": DAY, "7d": 7 * DAY}
_PLOTTED = (DeliveryState.DELIVERED, DeliveryState.RETRYING, DeliveryState.FAILED)
_MOST_REFUSALS = 20


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


@require_safe
@page
def alarms(request: HttpRequest, principal: Principal, id_: str) -> HttpResponse:
    """Every alarm that a delivery tells."""
    found = told.list_told(principal, id_, cursor=filters.text(request, "cursor"))
    context = {
        "place": "deliveries",
        "delivery": deliveries.get_delivery(principal, id_),
        "page": found,
        "more": filters.query(request, cursor=found.next) if found.next else "",
    }
    return render(request, "tocsin/told.html", context)


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
        "can": handling.possible(delivery),
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
    light = appliance.relay_light(principal)
    mark = live.etag(request, principal, str(light))
    if live.is_known(request, mark):
        return HttpResponseNotModified(headers={"ETag": mark})
    found = deliveries.list_deliveries(
        principal, _wanted(request), cursor=filters.text(request, "cursor")
    )
    chosen = filters.chosen(request, _FILTERS)
    answer = render(
        request,
        "tocsin/deliveries.html",
        {
            "place": "deliveries",
            "tab": "deliveries",
            "page": found,
            "query": filters.query(request, check=None),
            "more": filters.query(request, cursor=found.next) if found.next else "",
            "live": filters.query(request),
            "check": filters.query(request, check="all"),
            "checked": request.GET.get("check") == "all",
            "chosen": chosen,
            "filtered": any(chosen.values()),
            "more_filters": any(chosen[name] for name in _MORE_FILTERS),
            "counts": _counts(principal),
            "plot": _plot(principal),
            "plotted": _PLOTTED,
            "relay": _paused_relay(light),
            "states": wording.delivery_states(),
            "receipts": _receipt_choices(),
            "since": _since_choices(chosen["since"]),
            "actions": [one.name for one in configuration.current().configuration.actions],
            **context,
        },
    )
    answer["ETag"] = mark
    return answer


def _wanted(request: HttpRequest) -> DeliveryFilter:
    return DeliveryFilter(
        state=filters.word(request, "state", DeliveryState),
        action=filters.text(request, "action"),
        alarm=filters.text(request, "alarm"),
        test=filters.truth(request, "test"),
        code=filters.text(request, "code"),
        maybe_twice=True if filters.truth(request, "twice") else None,
        text=filters.text(request, "text"),
        since=_since(filters.text(request, "since")),
        receipt=filters.word(request, "receipt", ReceiptFilter),
    )


def _since(text: str | None) -> Instant | None:
    """``1h``, ``24h`` or ``7d`` ago, or a time; anything else is as if nothing was asked."""
    if text is None:
        return None
    if text in _SINCE:
        return now() - _SINCE[text]
    try:
        return parse_rfc3339(text)
    except ValueError:
        return None


def _since_choices(chosen: str) -> list[tuple[str, str]]:
    choices = [
        ("1h", _("the last hour")),
        ("24h", _("the last 24 hours")),
        ("7d", _("the last 7 days")),
    ]
    if chosen and chosen not in _SINCE:
        choices.append((chosen, chosen))  # a time that somebody wrote into the address
    return choices


def _receipt_choices() -> list[tuple[str, str]]:
    return [
        (ReceiptFilter.ARRIVED.value, pgettext("receipt", "arrived")),
        (ReceiptFilter.BOUNCED.value, pgettext("receipt", "bounced")),
        (ReceiptFilter.COMPLAINED.value, pgettext("receipt", "complained")),
        (ReceiptFilter.NONE.value, pgettext("receipt", "nothing said yet")),
    ]


def _plot(principal: Principal) -> plot.Plot:
    at = now()
    return plot.draw(tally.over_time(principal, plot.begin(at)), _PLOTTED, at)


def _paused_relay(light: appliance.RelayLight) -> dict[str, Any] | None:
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
def handle(request: HttpRequest, principal: Principal, id_: str, what: Handling) -> HttpResponse:
    """Retry, hold, release or cancel one."""
    handling.handle(principal, what, id_)
    messages.success(request, _done(what, 1))
    return HttpResponseRedirect(f"/deliveries/{id_}{filters.query(request)}")


@require_POST
@page
def handle_several(request: HttpRequest, principal: Principal) -> HttpResponse:
    """The same for each one that is chosen in the list."""
    what = _asked(request)
    results = handling.handle_each(principal, what, request.POST.getlist("id"))
    refused = [one for one in results if one.problem is not None]
    done = len(results) - len(refused)
    if done:
        messages.success(request, _done(what, done))
    if not refused:
        return HttpResponseRedirect(f"/deliveries{filters.query(request, check=None)}")
    return render(request, "tocsin/handled.html", _refusals(request, refused))


def _asked(request: HttpRequest) -> Handling:
    try:
        return Handling(request.POST.get("what", ""))
    except ValueError:
        raise NotFound("way to handle deliveries", request.POST.get("what", "")) from None


def _refusals(request: HttpRequest, refused: list[Handled]) -> dict[str, Any]:
    return {
        "place": "deliveries",
        "refused": refused[:_MOST_REFUSALS],
        "count": len(refused),
        "others": max(0, len(refused) - _MOST_REFUSALS),
        "query": filters.query(request, check=None),
    }


def _done(what: Handling, count: int) -> str:
    words = {
        Handling.RETRY: ngettext(
            "The delivery is queued again.", "%(count)d deliveries are queued again.", count
        ),
        Handling.HOLD: ngettext(
            "The delivery is held until somebody releases it.",
            "%(count)d deliveries are held until somebody releases them.",
            count,
        ),
        Handling.RELEASE: ngettext(
            "The delivery is released: it goes out now.",
            "%(count)d deliveries are released: they go out now.",
            count,
        ),
        Handling.CANCEL: ngettext(
            "The delivery is cancelled: nobody gets it any more.",
            "%(count)d deliveries are cancelled: nobody gets them any more.",
            count,
        ),
    }
    return words[what] % {"count": count}
