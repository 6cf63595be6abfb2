"""Response Management: actions, their preview and Test Action."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tocsin.central.document import show
from tocsin.central.problem import Invalid
from tocsin.channels.email.kind import Preview, Unrenderable
from tocsin.channels.filter import FILTERS
from tocsin.channels.group import ACCEPTED as GROUP_FIELDS
from tocsin.channels.variables import ALARM_VARIABLES, SNA_VARIABLES
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine import actiontest, alarms, configuration, feedbackflags
from tocsin.engine import preview as previews
from tocsin.engine.alarms import AlarmFilter, AlarmView
from tocsin.engine.errors import Conflict, NotFound, RoleMissing
from tocsin.engine.feedbackflags import Flag
from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Finding
from tocsin.web import actionform, deliveries, filters, mailframe, path, problems
from tocsin.web.answer import page, told
from tocsin.web.problems import FormProblems

ACTIONS = "/response/actions"
_PREVIEW_CHOICES = 20
_SEVERAL = "several"
"""Chosen instead of an alarm: the latest ones together."""
_DRAFTS = "drafts"
_MOST_DRAFTS = 4
_TO = ("to", "cc", "bcc")


@require_safe
@page
def list_(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Every action with the rules that use it."""
    require(principal, Permission.READ)
    latest = configuration.current().configuration
    flags = feedbackflags.flagged()
    context = {
        "place": "response",
        "tab": "actions",
        "actions": [
            (
                one,
                [rule.name for rule in latest.rules if one.name in rule.active + rule.inactive],
                _recipients(one, flags),
            )
            for one in latest.actions
        ],
    }
    return render(request, "tocsin/actions.html", context)


def _recipients(action: Any, flags: Mapping[str, Flag]) -> list[tuple[str, Flag | None]]:
    """Whom an action sends to, each with its flag; of copies those that are flagged."""
    copies = [one for one in (*action.cc, *action.bcc) if one.lower() in flags]
    return [(one, flags.get(one.lower())) for one in (*action.to, *copies)]


def _flags_of(values: Mapping[str, Any]) -> list[Flag]:
    """The flags of the addresses that stand in a form, in their order."""
    typed = [one.strip().lower() for name in _TO for one in values.get(name, "").split("\n")]
    flags = feedbackflags.flagged(typed)
    return [flags[one] for one in dict.fromkeys(typed) if one in flags]


@require_http_methods(["GET", "HEAD", "POST"])
@page
def edit(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Add an email action, or change the one that is named; or preview what is typed."""
    require(principal, Permission.CHANGE_RESPONSE)
    name = request.GET.get("name")
    if request.method != "POST":
        values = actionform.new() if name is None else _saved(name)
        return _form(request, principal, name, values, FormProblems())
    values = actionform.of_form(request.POST)
    if "preview" in request.POST:
        return _preview_typed(request, principal, name, values)
    wrong = _save(principal, name, values)
    if wrong is not None:
        return _form(request, principal, name, values, wrong)
    messages.success(request, _("The action %(name)s is saved.") % {"name": values["name"]})
    return HttpResponseRedirect(ACTIONS)


def _saved(name: str) -> dict[str, Any]:
    for one in show(configuration.current().configuration)["actions"]:
        if one["name"] == name:
            return actionform.of_document(one)
    raise NotFound("action", name)


def _save(principal: Principal, name: str | None, values: Mapping[str, Any]) -> FormProblems | None:
    try:
        configuration.put_action(principal, actionform.to_document(values), replaces=name)
    except Invalid as invalid:
        return problems.of_entry(invalid, "actions", _place(name), actionform.NAMES)
    except Conflict as conflict:
        return FormProblems(other=[str(conflict)])
    return None


def _place(name: str | None) -> int:
    names = [one.name for one in configuration.current().configuration.actions]
    return names.index(name) if name in names else len(names)


def _preview_typed(
    request: HttpRequest, principal: Principal, name: str | None, values: Mapping[str, Any]
) -> HttpResponse:
    choice = _choice(principal, request.POST.get("alarm"), request.POST.get("alarm_id"))
    wrong = FormProblems()
    made, draft = None, ""
    try:
        made = previews.preview_typed(principal, values, choice.alarms)
        draft = _keep_draft(request, values)
    except Unrenderable as failure:
        wrong.tell(failure.field, _in_words(failure))
    except NotFound as missing:
        wrong.tell("alarm_id", str(missing))
    return _form(request, principal, name, values, wrong, choice, made, draft)


def _in_words(failure: Unrenderable) -> str:
    if failure.line is None:
        return failure.reason
    return _("Line %(line)d: %(reason)s") % {"line": failure.line, "reason": failure.reason}


def _keep_draft(request: HttpRequest, values: Mapping[str, Any]) -> str:
    """Keep what is typed for the frame that shows its HTML; gives its name."""
    name = secrets.token_hex(8)
    kept = list(request.session.get(_DRAFTS, {}).items())[1 - _MOST_DRAFTS :]
    seen = {one: values[one] for one in previews.SEEN}
    request.session[_DRAFTS] = {**dict(kept), name: seen}
    return name


@dataclass(frozen=True, slots=True)
class _Choice:
    """For which alarms a preview is made, and which there are to choose from."""

    chosen: str
    """An alarm's id, or `_SEVERAL`; empty for the test alarm."""
    alarms: tuple[str, ...]
    offered: Sequence[AlarmView]


def _choice(principal: Principal, chosen: str | None, by_id: str | None = None) -> _Choice:
    offered = alarms.list_alarms(principal, AlarmFilter(), limit=_PREVIEW_CHOICES).items
    wanted = (by_id or "").strip() or (chosen or "").strip()
    if wanted == _SEVERAL:
        return _Choice(wanted, tuple(one.alarm.id for one in offered), offered)
    return _Choice(wanted, (wanted,) if wanted else (), offered)


def _form(
    request: HttpRequest,
    principal: Principal,
    name: str | None,
    values: Mapping[str, Any],
    wrong: FormProblems,
    choice: _Choice | None = None,
    preview: Preview | None = None,
    draft: str = "",
) -> HttpResponse:
    context = {
        "place": "response",
        "tab": "actions",
        "name": name,
        "values": values,
        "flags": _flags_of(values),
        "errors": wrong.fields,
        "others": wrong.other,
        "advanced": actionform.is_advanced(values, wrong.fields),
        "languages": actionform.languages(),
        "notices": actionform.NOTICES,
        "group_fields": GROUP_FIELDS,
        "variables": sorted(ALARM_VARIABLES),
        "sna_variables": sorted(SNA_VARIABLES),
        "filters": sorted(FILTERS),
        "choice": choice or _choice(principal, None),
        "preview": preview,
        "frame": f"draft={draft}",
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
    name = request.GET.get("name", "")
    choice = _choice(principal, filters.text(request, "alarm"), filters.text(request, "alarm_id"))
    context: dict[str, Any] = {
        "place": "response",
        "tab": "actions",
        "name": name,
        "choice": choice,
        "frame": urlencode({"name": name}),
        "flags": [one for one in feedbackflags.flagged().values() if name in one.actions],
    }
    try:
        context["preview"] = previews.preview_action(principal, name, choice.alarms)
    except Unrenderable as failure:
        context["failure"] = explain(
            Finding("message.template", {"field": failure.field, "problem": _in_words(failure)})
        )
    return render(request, "tocsin/preview.html", context)


@require_safe
@page
def preview_html(request: HttpRequest, principal: Principal) -> HttpResponse:
    """The HTML part of that message, alone, for its frame."""
    choice = _choice(principal, filters.text(request, "alarm"))
    draft = filters.text(request, "draft")
    try:
        if draft is None:
            name = request.GET.get("name", "")
            made = previews.preview_action(principal, name, choice.alarms)
        else:
            made = previews.preview_typed(principal, _draft(request, draft), choice.alarms)
    except Unrenderable as failure:
        return HttpResponse(_in_words(failure), status=422, content_type="text/plain")
    return mailframe.html_answer(made.html)


def _draft(request: HttpRequest, name: str) -> Mapping[str, Any]:
    drafts: Mapping[str, Mapping[str, Any]] = request.session.get(_DRAFTS, {})
    if name not in drafts:
        raise NotFound("draft", name)
    return drafts[name]
