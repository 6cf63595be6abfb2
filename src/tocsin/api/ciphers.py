"""``/api/v1/ciphers``: the cipher policy, and what another one would come to."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import BaseModel, ConfigDict

from tocsin.api.body import described, read_model
from tocsin.api.caller import caller
from tocsin.api.configuration import changed_json
from tocsin.api.listing import Conditions, Paging, Text, part_of
from tocsin.engine import ciphers
from tocsin.engine.configuration import Changed

router = Router(tags=["trust"])


class Policy(BaseModel):
    """A preset by its name, or a list in OpenSSL's words, and the TLS versions around it."""

    model_config = ConfigDict(extra="forbid")

    preset: Text | None = None
    list: Text | None = None
    minimum: Text | None = None
    maximum: Text | None = None


BODIES = {"Policy": Policy.model_json_schema()}
"""Schemas for the API's description."""

_POLICY = described({"$ref": "#/components/schemas/Policy"})


class How(Conditions):
    """Whether the change is made, or only looked at."""

    dry_run: bool = False


@router.get("/ciphers", summary="The cipher policy in force, and those with a name")
def show(request: HttpRequest, wanted: Query[Paging]) -> dict[str, Any]:
    """With every suite that a relay is offered; those of TLS 1.3 are OpenSSL's own choice.

    `policy` is in force, `items` are the presets.
    """
    principal = caller(request)
    found = ciphers.presets(principal)
    part, next_ = part_of(found, wanted, lambda one: str(one.preset))
    return {
        "policy": ciphers.policy_json(ciphers.present_policy(principal)),
        "items": [ciphers.policy_json(one) for one in part],
        "next": next_,
        "total": len(found),
    }


@router.post("/ciphers", openapi_extra=_POLICY, summary="Change the cipher policy")
def change(request: HttpRequest, how: Query[How]) -> dict[str, Any]:
    """With what each relay would choose, asked by a handshake before anything changes."""
    body = read_model(request, Policy)
    wanted = ciphers.Wanted(**body.model_dump())
    principal = caller(request)
    considered = ciphers.consider(principal, wanted)
    made = None if how.dry_run else ciphers.set_policy(principal, wanted)
    return _told(considered, made)


@router.post("/ciphers/restore", summary="The cipher policy before its last change")
def restore(request: HttpRequest, how: Query[How]) -> dict[str, Any]:
    """A second time changes it back."""
    principal = caller(request)
    considered = ciphers.consider_restore(principal)
    return _told(considered, None if how.dry_run else ciphers.restore(principal))


def _told(considered: ciphers.Considered, made: Changed | None) -> dict[str, Any]:
    return {
        **changed_json(made or considered.changed),
        "policy": ciphers.policy_json(considered.view),
        "effects": [one.to_json() for one in considered.effects],
    }
