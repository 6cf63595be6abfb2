"""``/api/v1/configuration`` and ``/api/v1/appliances``."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from tocsin.api.body import described, read_object
from tocsin.api.caller import caller
from tocsin.api.listing import Conditions, Paging, clamp, part_of
from tocsin.base.clock import rfc3339
from tocsin.base.secret import Secret
from tocsin.central.arrival import Arrival
from tocsin.central.configuration import Ciphers, Outbox
from tocsin.central.relay import SET
from tocsin.central.ses import Ses
from tocsin.central.smtp import FurtherRelay, Smtp
from tocsin.engine import appliance, configuration

_DOCUMENT = described(
    {
        "type": "object",
        "properties": {
            "smtp": {"anyOf": [Smtp.model_json_schema(), {"type": "null"}]},
            "relays": {"type": "array", "items": FurtherRelay.model_json_schema()},
            "outbox": {"anyOf": [Outbox.model_json_schema(), {"type": "null"}]},
            "ses": {"anyOf": [Ses.model_json_schema(), {"type": "null"}]},
            "arrival": {"anyOf": [Arrival.model_json_schema(), {"type": "null"}]},
            **{name: {"type": "array"} for name in ("trust", "sources", "actions", "rules")},
            "trust_system_roots": {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
            "ciphers": {"anyOf": [Ciphers.model_json_schema(), {"type": "null"}]},
        },
        "additionalProperties": False,
    }
)

_SECRETS = {"smtp": "password", "ses": "secret_key", "arrival": "password"}
"""Part of the document → its field that is a secret."""

router = Router(tags=["central management"])


@router.get("/configuration", summary="The configuration document in force")
def get_configuration(request: HttpRequest) -> dict[str, Any]:
    """The document without secrets, and its version's number."""
    # The number first: should another version come between, `expected` with it is refused.
    number = configuration.current_number()
    return {"version": number, "document": configuration.show_document(caller(request))}


class Change(Conditions):
    """How a change is made."""

    expected: int | None = None
    """Only if this is still the version in force."""
    dry_run: bool = False


@router.post(
    "/configuration",
    openapi_extra=_DOCUMENT,
    summary="Change parts of the document",
)
def change_configuration(request: HttpRequest, how: Query[Change]) -> dict[str, Any]:
    """Make the parts that are given so; all or nothing, idempotent.

    Unlike in a file, `smtp.password`, the `password` of each of `relays`, `ses.secret_key` and
    `arrival.password` may hold the secret itself here; one that is left out, or ``set``, stays
    as it is, and null removes it. Lists are given whole: `relays` in their order of preference
    after `smtp`.
    """
    document = read_object(request)
    for part, field in _SECRETS.items():
        if part in document:
            document[part] = _with_secret(document[part], field)
    if isinstance(document.get("relays"), list):
        document["relays"] = [_with_secret(one, "password") for one in document["relays"]]
    changed = configuration.change(
        caller(request), document, expected=how.expected, dry_run=how.dry_run
    )
    return changed_json(changed)


def _with_secret(part: Any, field: str) -> Any:
    """The part with its secret as a value that does not show itself."""
    if not isinstance(part, dict) or not isinstance(part.get(field), str):
        return part
    text = part[field]
    return {**part, field: text if text == SET else Secret(text)}


def changed_json(changed: configuration.Changed) -> dict[str, Any]:
    """What a change did, in the API's shape."""
    return {
        "version": changed.version,
        "changed": changed.made,
        "differences": [
            {"path": one.path, "before": one.before, "after": one.after}
            for one in changed.differences
        ],
        "warnings": [{"path": one.path, "message": one.message} for one in changed.warnings],
    }


class Versions(Conditions):
    """Which versions are wanted."""

    limit: int = 50
    cursor: int | None = None


@router.get("/configuration/versions", summary="The versions, newest first")
def list_versions(request: HttpRequest, wanted: Query[Versions]) -> dict[str, Any]:
    """When, by whom, from where, and what changed."""
    limit = clamp(wanted.limit)
    found = configuration.history(caller(request), limit + 1, before=wanted.cursor)
    part = found[:limit]
    return {
        "items": [
            {
                "version": one.number,
                "created_at": rfc3339(one.created_at),
                "actor": one.actor,
                "origin": one.origin,
                "summary": list(one.summary),
            }
            for one in part
        ],
        "next": str(part[-1].number) if len(found) > limit else None,
    }


@router.get("/appliances", summary="Appliance Manager")
def list_appliances(request: HttpRequest, wanted: Query[Paging]) -> dict[str, Any]:
    """Every node with its roles, as observed."""
    found = appliance.appliances(caller(request))
    part, next_ = part_of(found, wanted, lambda one: one.node)
    return {
        "items": [appliance.appliance_json(one) for one in part],
        "next": next_,
        "total": len(found),
    }
