"""Response Management: rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tocsin.central.configuration import RuleEntry
from tocsin.central.problem import Invalid
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine import configuration, trial
from tocsin.engine.errors import NotFound
from tocsin.engine.rulecheck import check_rules
from tocsin.engine.trial import Trial
from tocsin.rules.condition import check_when
from tocsin.web import problems, ruleform
from tocsin.web.answer import page
from tocsin.web.problems import FormProblems
from tocsin.web.ruleform import Row

RULES = "/response/rules"
_NAMES = frozenset({"name", "description", "active", "inactive"})


@require_safe
@page
def list_(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Every rule, in the order that they are asked in."""
    require(principal, Permission.READ)
    remarks: dict[str, list[str]] = {}
    for rule, words in check_rules(principal):
        remarks.setdefault(rule, []).append(words)
    rules = configuration.current().configuration.rules
    context = {
        "place": "response",
        "tab": "rules",
        "rules": [
            (rule, ruleform.rows_of_rule(rule), remarks.get(rule.name, ())) for rule in rules
        ],
        "remarks": remarks.get("all", ()),
        "has_actions": bool(configuration.current().configuration.actions),
    }
    return render(request, "tocsin/rules.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def edit(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Add a rule, or change the one that is named."""
    require(principal, Permission.CHANGE_RESPONSE)
    name = request.GET.get("name")
    if request.method != "POST":
        rule = RuleEntry(name="New rule") if name is None else _rule(name)
        values = rule.model_dump(mode="json") if name is not None else {"enabled": True}
        return _form(request, name, values, ruleform.rows_of_rule(rule), FormProblems())
    rows = ruleform.rows_of_form(request.POST)
    values = _values(request)
    if "add" in request.POST:
        return _form(request, name, values, [*rows, Row()], FormProblems())
    if "trial" in request.POST:
        return _try(request, principal, name, values, rows)
    wrong = _save(principal, name, values, rows)
    if wrong is not None:
        return _form(request, name, values, rows, wrong)
    messages.success(request, _("The rule %(name)s is saved.") % {"name": values["name"]})
    return HttpResponseRedirect(RULES)


def _values(request: HttpRequest) -> dict[str, Any]:
    return {
        "name": request.POST.get("name", "").strip(),
        "description": request.POST.get("description", "").strip(),
        "enabled": "enabled" in request.POST,
        "active": request.POST.getlist("active"),
        "inactive": request.POST.getlist("inactive"),
    }


def _save(
    principal: Principal, name: str | None, values: Mapping[str, Any], rows: list[Row]
) -> FormProblems | None:
    if not ruleform.check_rows(rows):
        return FormProblems()
    document = {**values, "type": "any", "when": ruleform.when_of_rows(rows)}
    try:
        configuration.put_rule(principal, document, replaces=name)
    except Invalid as invalid:
        wrong = problems.of_entry(invalid, "rules", _place(name), _NAMES)
        # What stands elsewhere in the form may have kept the conditions from being looked at.
        for field, words in check_when(document["when"]):
            wrong.fields.setdefault(f"when.{field}", words)
        for row in rows:
            row.error = wrong.fields.get(f"when.{row.key}", "")
        return wrong
    return None


def _try(
    request: HttpRequest,
    principal: Principal,
    name: str | None,
    values: Mapping[str, Any],
    rows: list[Row],
) -> HttpResponse:
    """Say how many stored alarms the conditions fit, before the rule is saved."""
    if not ruleform.check_rows(rows):
        return _form(request, name, values, rows, FormProblems())
    when = ruleform.when_of_rows(rows)
    wrong = {f"when.{field}": words for field, words in check_when(when)}
    for row in rows:
        row.error = wrong.get(f"when.{row.key}", "")
    tried = None if wrong else trial.of_last_days(principal, when)
    return _form(request, name, values, rows, FormProblems(fields=wrong), tried)


def _place(name: str | None) -> int:
    names = [one.name for one in configuration.current().configuration.rules]
    return names.index(name) if name in names else len(names)


def _form(
    request: HttpRequest,
    name: str | None,
    values: Mapping[str, Any],
    rows: list[Row],
    wrong: FormProblems,
    tried: Trial | None = None,
) -> HttpResponse:
    failed = bool(wrong) or any(row.error for row in rows)
    context = {
        "place": "response",
        "tab": "rules",
        "name": name,
        "values": values,
        "rows": ruleform.with_spare(rows),
        "field_choices": ruleform.field_choices(),
        "actions": configuration.current().configuration.actions,
        "errors": wrong.fields,
        "others": wrong.other,
        "failed": failed,
        "tried": tried,
    }
    return render(request, "tocsin/rule.html", context, status=422 if failed else 200)


def _rule(name: str) -> RuleEntry:
    for one in configuration.current().configuration.rules:
        if one.name == name:
            return one
    raise NotFound("rule", name)


@require_POST
@page
def remove(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Remove a rule."""
    name = request.POST.get("name", "")
    configuration.remove_rule(principal, name)
    messages.success(request, _("The rule %(name)s is removed.") % {"name": name})
    return HttpResponseRedirect(RULES)
