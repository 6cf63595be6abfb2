"""``/api/v1/actions`` and ``/api/v1/rules``: an entry's id is its name."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from tocsin.api.body import read_object
from tocsin.api.caller import caller
from tocsin.engine import actiontest, configuration
from tocsin.engine.errors import NotFound

router = Router(tags=["response management"])


def _entries(request: HttpRequest, part: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = configuration.show_document(caller(request))[part]
    return entries


def _one(request: HttpRequest, part: str, what: str, name: str) -> dict[str, Any]:
    for entry in _entries(request, part):
        if entry["name"] == name:
            return entry
    raise NotFound(what, name)


@router.get("/actions", summary="The response actions")
def list_actions(request: HttpRequest) -> dict[str, Any]:
    """Every action, in the form of the configuration document."""
    return {"items": _entries(request, "actions"), "next": None}


@router.post("/actions", response={201: dict[str, Any]}, summary="Add an action")
def add_action(request: HttpRequest) -> tuple[int, dict[str, Any]]:
    """The action as it was kept."""
    action = read_object(request)
    configuration.put_action(caller(request), action)
    return 201, _one(request, "actions", "action", str(action.get("name")))


@router.get("/actions/{name}", summary="One action")
def get_action(request: HttpRequest, name: str) -> dict[str, Any]:
    """The action of that name."""
    return _one(request, "actions", "action", name)


@router.put("/actions/{name}", summary="Replace an action")
def put_action(request: HttpRequest, name: str) -> dict[str, Any]:
    """The action afterwards; rules follow a new name."""
    action = read_object(request)
    configuration.put_action(caller(request), action, replaces=name)
    return _one(request, "actions", "action", str(action.get("name")))


@router.delete("/actions/{name}", response={204: None}, summary="Remove an action")
def remove_action(request: HttpRequest, name: str) -> tuple[int, None]:
    """Refused while a rule names it."""
    configuration.remove_action(caller(request), name)
    return 204, None


@router.post("/actions/{name}/test", summary="Test Action")
def test_action(request: HttpRequest, name: str) -> dict[str, Any]:
    """Deliver a test message the way a real alarm goes; says what became of it."""
    return actiontest.result_json(actiontest.test_action(caller(request), name))


@router.get("/rules", summary="The response rules")
def list_rules(request: HttpRequest) -> dict[str, Any]:
    """Every rule, in the form of the configuration document."""
    return {"items": _entries(request, "rules"), "next": None}


@router.post("/rules", response={201: dict[str, Any]}, summary="Add a rule")
def add_rule(request: HttpRequest) -> tuple[int, dict[str, Any]]:
    """The rule as it was kept."""
    rule = read_object(request)
    configuration.put_rule(caller(request), rule)
    return 201, _one(request, "rules", "rule", str(rule.get("name")))


@router.get("/rules/{name}", summary="One rule")
def get_rule(request: HttpRequest, name: str) -> dict[str, Any]:
    """The rule of that name."""
    return _one(request, "rules", "rule", name)


@router.put("/rules/{name}", summary="Replace a rule")
def put_rule(request: HttpRequest, name: str) -> dict[str, Any]:
    """The rule afterwards."""
    rule = read_object(request)
    configuration.put_rule(caller(request), rule, replaces=name)
    return _one(request, "rules", "rule", str(rule.get("name")))


@router.delete("/rules/{name}", response={204: None}, summary="Remove a rule")
def remove_rule(request: HttpRequest, name: str) -> tuple[int, None]:
    """The rule tells nobody from now on."""
    configuration.remove_rule(caller(request), name)
    return 204, None
