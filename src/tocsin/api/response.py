"""``/api/v1/actions`` and ``/api/v1/rules``: an entry's id is its name."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from tocsin.api.body import described, read_object
from tocsin.api.caller import caller
from tocsin.api.listing import Paging, part_of
from tocsin.central.configuration import RuleEntry
from tocsin.engine import actiontest, configuration, feedbackflags
from tocsin.engine.errors import NotFound
from tocsin.engine.kinds import ACTIONS

router = Router(tags=["response management"])

BODIES = {
    "Rule": RuleEntry.model_json_schema(),
    **{
        f"Action_{name}": kind.settings.model_json_schema(
            ref_template="#/components/schemas/{model}"
        )
        for name, kind in ACTIONS.items()
    },
}
"""Schemas for the API's description."""

_ACTION = described(
    {"oneOf": [{"$ref": f"#/components/schemas/Action_{name}"} for name in ACTIONS]}
)
_RULE = described({"$ref": "#/components/schemas/Rule"})


def _entries(request: HttpRequest, part: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = configuration.show_document(caller(request))[part]
    return feedbackflags.marked(entries) if part == "actions" else entries


def _list(request: HttpRequest, part: str, wanted: Paging) -> dict[str, Any]:
    entries = _entries(request, part)
    items, next_ = part_of(entries, wanted, lambda one: str(one["name"]))
    return {"items": items, "next": next_, "total": len(entries)}


def _one(request: HttpRequest, part: str, what: str, name: str) -> dict[str, Any]:
    for entry in _entries(request, part):
        if entry["name"] == name:
            return entry
    raise NotFound(what, name)


def _given(request: HttpRequest) -> dict[str, Any]:
    """The action in the body; what was only said about it may come back with it."""
    return {name: value for name, value in read_object(request).items() if name != "flagged"}


@router.get("/actions", summary="The response actions")
def list_actions(request: HttpRequest, wanted: Query[Paging]) -> dict[str, Any]:
    """Every action, in the form of the configuration document.

    ``flagged`` stands beside it: those of its addresses that bounced for good or complained.
    """
    return _list(request, "actions", wanted)


@router.post(
    "/actions",
    response={201: dict[str, Any]},
    openapi_extra=_ACTION,
    summary="Add an action",
)
def add_action(request: HttpRequest) -> dict[str, Any]:
    """The action as it was kept."""
    action = _given(request)
    configuration.put_action(caller(request), action)
    return _one(request, "actions", "action", str(action.get("name")))


# Before the paths that a name may go on in: a name may hold a slash.
@router.post("/actions/{path:name}/test", summary="Test Action")
def test_action(request: HttpRequest, name: str) -> dict[str, Any]:
    """Deliver a test message the way a real alarm goes; says what became of it."""
    return actiontest.result_json(actiontest.test_action(caller(request), name))


@router.get("/actions/{path:name}", summary="One action")
def get_action(request: HttpRequest, name: str) -> dict[str, Any]:
    """The action of that name."""
    return _one(request, "actions", "action", name)


@router.put("/actions/{path:name}", openapi_extra=_ACTION, summary="Replace an action")
def put_action(request: HttpRequest, name: str) -> dict[str, Any]:
    """The action afterwards: rules follow a new name; none in the body means the old one."""
    action = {"name": name, **_given(request)}
    configuration.put_action(caller(request), action, replaces=name)
    return _one(request, "actions", "action", str(action["name"]))


@router.delete("/actions/{path:name}", response={204: None}, summary="Remove an action")
def remove_action(request: HttpRequest, name: str) -> None:
    """Refused while a rule names it."""
    configuration.remove_action(caller(request), name)


@router.get("/rules", summary="The response rules")
def list_rules(request: HttpRequest, wanted: Query[Paging]) -> dict[str, Any]:
    """Every rule, in the form of the configuration document."""
    return _list(request, "rules", wanted)


@router.post(
    "/rules",
    response={201: dict[str, Any]},
    openapi_extra=_RULE,
    summary="Add a rule",
)
def add_rule(request: HttpRequest) -> dict[str, Any]:
    """The rule as it was kept."""
    rule = read_object(request)
    configuration.put_rule(caller(request), rule)
    return _one(request, "rules", "rule", str(rule.get("name")))


@router.get("/rules/{path:name}", summary="One rule")
def get_rule(request: HttpRequest, name: str) -> dict[str, Any]:
    """The rule of that name."""
    return _one(request, "rules", "rule", name)


@router.put("/rules/{path:name}", openapi_extra=_RULE, summary="Replace a rule")
def put_rule(request: HttpRequest, name: str) -> dict[str, Any]:
    """The rule afterwards; no name in the body means the old one."""
    rule = {"name": name, **read_object(request)}
    configuration.put_rule(caller(request), rule, replaces=name)
    return _one(request, "rules", "rule", str(rule["name"]))


@router.delete("/rules/{path:name}", response={204: None}, summary="Remove a rule")
def remove_rule(request: HttpRequest, name: str) -> None:
    """The rule tells nobody from now on."""
    configuration.remove_rule(caller(request), name)
