"""Response Management: actions, their preview and Test Action."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tocsin.central.document import show
from tocsin.central.problem import Invalid
from tocsin.channels.email.default import SUBJECT
from tocsin.channels.filter import FILTERS
from tocsin.channels.variables import ALARM_VARIABLES, SNA_VARIABLES
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine import actiontest, alarms, configuration
from tocsin.engine.alarms import AlarmFilter
from tocsin.engine.errors import Conflict, NotFound, RoleMissing
from tocsin.web import deliveries, mailframe, path, problems
from tocsin.web.answer import page, told
from tocsin.web.problems import FormProblems

ACTIONS = "/response/actions"
_NAMES = frozenset({"name", "description", "to", "subject", "body"})
_PREVIEW_CHOICES = 20


@require_safe
@page
def list_(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Every action with the rules that use it."""
    require(principal, Permission.READ)
    latest = configuration.current().configuration
    context = {
        "place": "response",
        "tab": "actions",
        "actions": [
            (one, [rule.name for rule in latest.rules if one.name in rule.active + rule.inactive])
            for one in latest.actions
        ],
    }
    return render(request, "tocsin/actions.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def edit(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Add an email action, or change the one that is named."""
    require(principal, Permission.CHANGE_RESPONSE)
    name = request.GET.get("name")
    if request.method != "POST":
        values = {"enabled": True} if name is None else _saved(name)
        return _form(request, name, values, FormProblems())
    values = _values(request)
    wrong = _save(principal, name, values)
    if wrong is not None:
        return _form(request, name, values, wrong)
    messages.success(request, _("The action %(name)s is saved.") % {"name": values["name"]})
    return HttpResponseRedirect(ACTIONS)


def _saved(name: str) -> dict[str, Any]:
    for one in show(configuration.current().configuration)["actions"]:
        if one["name"] == name:
            return {**one, "to": "\n".join(one["to"])}
    raise NotFound("action", name)


def _values(request: HttpRequest) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: request.POST.get(name, "").replace("\r\n", "\n")
        for name in ("name", "description", "to", "subject", "body")
    }
    values["name"] = values["name"].strip()
    return {**values, "enabled": "enabled" in request.POST}


def _save(principal: Principal, name: str | None, values: Mapping[str, Any]) -> FormProblems | None:
    document = {
        "kind": "email",
        "name": values["name"],
        "description": values["description"].strip(),
        "enabled": values["enabled"],
        "to": [line.strip() for line in values["to"].split("\n") if line.strip()],
    }
    document |= {part: values[part] for part in ("subject", "body") if values[part].strip()}
    try:
        configuration.put_action(principal, document, replaces=name)
    except Invalid as invalid:
        return problems.of_entry(invalid, "actions", _place(name), _NAMES)
    except Conflict as conflict:
        return FormProblems(other=[str(conflict)])
    return None


def _place(name: str | None) -> int:
    names = [one.name for one in configuration.current().configuration.actions]
    return names.index(name) if name in names else len(names)


def _form(
    request: HttpRequest, name: str | None, values: Mapping[str, Any], wrong: FormProblems
) -> HttpResponse:
    context = {
        "place": "response",
        "tab": "actions",
        "name": name,
        "values": values,
        "errors": wrong.fields,
        "others": wrong.other,
        "default_subject": SUBJECT,
        "variables": sorted(ALARM_VARIABLES),
        "sna_variables": sorted(SNA_VARIABLES),
        "filters": sorted(FILTERS),
    }
    return render(request, "tocsin/action.html", context, status=422 if wrong else 200)


@require_POST
@page
def remove(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Remove an action that no rule names."""
    require(principal, Permission.CHANGE_RESPONSE)
    name = request.POST.get("name", "")
    configuration.remove_action(principal, name)
    messages.success(request, _("The action %(name)s is removed.") % {"name": name})
    return HttpResponseRedirect(ACTIONS)


@require_POST
@page
def test(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Test Action: send a test message now and say what became of it."""
    name = request.POST.get("name", "")
    context: dict[str, Any] = {"place": "response", "tab": "actions", "name": name}
    try:
        result = actiontest.test_action(principal, name)
    except RoleMissing as missing:
        context |= {"failure": told(missing)}
    else:
        context |= {
            "result": result,
            "failure": result.explained,
            "stops": path.stops_of_delivery(result.delivery),
            **deliveries.shown(principal, result.delivery),
        }
    return render(request, "tocsin/tested.html", context)


@require_safe
@page
def preview(request: HttpRequest, principal: Principal) -> HttpResponse:
    """The message as it would be sent for an alarm."""
    name, alarm = request.GET.get("name", ""), request.GET.get("alarm") or None
    context = {
        "place": "response",
        "tab": "actions",
        "name": name,
        "alarm": alarm,
        "preview": actiontest.preview_action(principal, name, alarm),
        "alarms": alarms.list_alarms(principal, AlarmFilter(), limit=_PREVIEW_CHOICES).items,
    }
    return render(request, "tocsin/preview.html", context)


@require_safe
@page
def preview_html(request: HttpRequest, principal: Principal) -> HttpResponse:
    """The HTML part of that message, alone, for its frame."""
    name, alarm = request.GET.get("name", ""), request.GET.get("alarm") or None
    shown = actiontest.preview_action(principal, name, alarm)
    return mailframe.html_answer(shown.html or "")
