"""Alarms: the list, one alarm with its why, and what people do about it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tocsin.domain.alarm import AlarmState
from tocsin.domain.principal import Principal
from tocsin.domain.severity import Severity
from tocsin.engine import alarms, configuration
from tocsin.engine.alarms import AlarmFilter
from tocsin.engine.deliveries import DeliveryView
from tocsin.engine.why import why
from tocsin.web import filters, live, path, wording
from tocsin.web.answer import page

_FILTERS = (
    "text",
    "severity",
    "state",
    "type",
    "category",
    "source",
    "host",
    "acknowledged",
    "closed",
    "sort",
)
_MORE_FILTERS = ("type", "category", "source", "host", "acknowledged", "closed")


@require_safe
@page
def list_(request: HttpRequest, principal: Principal) -> HttpResponse:
    """The list alone."""
    return _list(request, principal, {})


@require_safe
@page
def detail(request: HttpRequest, principal: Principal, id_: str) -> HttpResponse:
    """One alarm beside the list."""
    answer = why(principal, id_)
    transitions = [
        (one, [(each, _path(each)) for each in one.deliveries])
        for one in reversed(answer.transitions)
    ]
    context = {"view": answer.alarm, "alarm": answer.alarm.alarm, "transitions": transitions}
    if request.htmx:  # type: ignore[attr-defined]
        context["query"] = filters.query(request)
        return render(request, "tocsin/part/alarm.html", context)
    return _list(request, principal, context)


def _path(delivery: DeliveryView) -> tuple[path.Stop, ...]:
    """Nothing to see of one that still waits for its first attempt."""
    return path.stops_of_delivery(delivery) if delivery.attempts else ()


def _list(request: HttpRequest, principal: Principal, context: dict[str, Any]) -> HttpResponse:
    etag = live.etag(request, principal)
    if live.is_known(request, etag):
        return HttpResponseNotModified(headers={"ETag": etag})
    wanted = AlarmFilter(
        state=filters.word(request, "state", AlarmState),
        severity=filters.word(request, "severity", Severity),
        type=filters.text(request, "type"),
        category=filters.text(request, "category"),
        source=filters.text(request, "source"),
        host=filters.text(request, "host"),
        acknowledged=filters.truth(request, "acknowledged"),
        closed=filters.truth(request, "closed"),
        text=filters.text(request, "text"),
    )
    by_severity = request.GET.get("sort") == "severity"
    found = alarms.list_alarms(
        principal,
        wanted,
        cursor=filters.text(request, "cursor"),
        sort="severity" if by_severity else "received",
    )
    chosen = filters.chosen(request, _FILTERS)
    query = filters.query(request)
    answer = render(
        request,
        "tocsin/alarms.html",
        {
            "place": "alarms",
            "page": found,
            "query": query,
            "more": filters.query(request, cursor=found.next) if found.next else "",
            "chosen": chosen,
            "filtered": any(value for name, value in chosen.items() if name != "sort"),
            "more_filters": any(chosen[name] for name in _MORE_FILTERS),
            "by_severity": by_severity,
            "by_received_query": filters.query(request, sort=""),
            "by_severity_query": filters.query(request, sort="severity"),
            "severities": wording.severities(),
            "states": wording.alarm_states(),
            "yes_no": wording.yes_no(),
            "sources": [one.name for one in configuration.current().configuration.sources],
            **context,
        },
    )
    answer["ETag"] = etag
    return answer


@require_POST
@page
def acknowledge(request: HttpRequest, principal: Principal, id_: str) -> HttpResponse:
    """Say that somebody looks after it."""
    alarms.acknowledge(principal, id_)
    messages.success(request, _("The alarm is acknowledged."))
    return _back(request, id_)


@require_POST
@page
def close(request: HttpRequest, principal: Principal, id_: str) -> HttpResponse:
    """Say that nothing is left to do."""
    alarms.close(principal, id_)
    messages.success(request, _("The alarm is closed."))
    return _back(request, id_)


def _back(request: HttpRequest, id_: str) -> HttpResponse:
    return HttpResponseRedirect(f"/alarms/{id_}{filters.query(request)}")
