"""``/api/v1/alarms``."""

from __future__ import annotations

import json
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from tocsin.api.body import read_json
from tocsin.api.caller import caller
from tocsin.api.listing import Paging, Text, clamp
from tocsin.api.moment import since_of
from tocsin.api.problem import problem
from tocsin.domain.alarm import AlarmState
from tocsin.domain.severity import Severity
from tocsin.engine import alarms, reporting, why
from tocsin.faults.fault import Finding
from tocsin.intake.http import AlarmFields

router = Router(tags=["alarms"])

_MOST_TOLD = 20
"""Errors that stand in the sentence too; the list has them all."""

_ONE_OR_MANY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "oneOf": [
                        {"$ref": "#/components/schemas/AlarmFields"},
                        {
                            "type": "array",
                            "maxItems": 10_000,
                            "items": {"$ref": "#/components/schemas/AlarmFields"},
                        },
                    ]
                }
            }
        },
    },
    "responses": {
        "202": {"description": "Stored durably: one result for each alarm, in order."},
        "422": {"description": "None could be taken; each field at fault is named."},
    },
}


class Listing(Paging):
    """Conditions on the list; all that are given must hold."""

    limit: int = 50
    state: Literal["active", "inactive"] | None = None
    severity: Severity | None = None
    """At least this grave."""
    type: Text | None = None
    category: Text | None = None
    source: Text | None = None
    host: Text | None = None
    """IP address of either end."""
    acknowledged: bool | None = None
    closed: bool | None = None
    text: Text | None = None
    """Stands in the type or the details."""
    since: Text | None = None
    """Received at this time or later; RFC 3339."""
    sort: Literal["received", "severity"] = "received"


@router.post("/alarms", openapi_extra=_ONE_OR_MANY, summary="Report alarms")
def report(request: HttpRequest) -> HttpResponse:
    """Take one alarm or up to 10,000; answered only when they are stored durably."""
    results = reporting.report(caller(request), read_json(request))
    if not any(one.id is not None for one in results):
        return _none_stored(results)
    return HttpResponse(
        json.dumps([reporting.result_json(one) for one in results], ensure_ascii=False),
        status=202,
        content_type="application/json",
    )


def _none_stored(results: list[reporting.Reported]) -> HttpResponse:
    many = len(results) > 1
    errors = [
        {
            "field": f"[{place}].{one.path}" if many else one.path,
            "message": one.message,
            "accepted": one.accepted,
        }
        for place, result in enumerate(results)
        for one in result.errors
    ]
    detail = "; ".join(f"{one['field']}: {one['message']}" for one in errors[:_MOST_TOLD])
    if len(errors) > _MOST_TOLD:
        detail += f"; and {len(errors) - _MOST_TOLD} more"
    return problem(422, Finding("input.invalid"), detail=detail, errors=errors)


@router.get("/alarms", summary="List alarms, newest first")
def list_alarms(request: HttpRequest, wanted: Query[Listing]) -> dict[str, Any]:
    """Alarms for which every condition holds."""
    page = alarms.list_alarms(
        caller(request),
        alarms.AlarmFilter(
            state=AlarmState(wanted.state) if wanted.state else None,
            severity=wanted.severity,
            type=wanted.type,
            category=wanted.category,
            source=wanted.source,
            host=wanted.host,
            acknowledged=wanted.acknowledged,
            closed=wanted.closed,
            text=wanted.text,
            since=since_of(wanted.since),
        ),
        cursor=wanted.cursor,
        limit=clamp(wanted.limit),
        sort=wanted.sort,
    )
    return {
        "items": [alarms.alarm_json(one) for one in page.items],
        "next": page.next,
        "total": page.total,
    }


@router.get("/alarms/{id}", summary="One alarm")
def get_alarm(request: HttpRequest, id: str) -> dict[str, Any]:  # noqa: A002 -- the path's word
    """The alarm of that id."""
    return alarms.alarm_json(alarms.get_alarm(caller(request), id))


@router.get("/alarms/{id}/why", summary="Why somebody was told of it, or nobody")
def get_why(request: HttpRequest, id: str) -> dict[str, Any]:  # noqa: A002
    """Each rule's verdict with its reason, and each delivery."""
    return why.why_json(why.why(caller(request), id))


@router.post("/alarms/{id}/acknowledge", summary="Say that somebody looks after it")
def acknowledge(request: HttpRequest, id: str) -> dict[str, Any]:  # noqa: A002
    """The alarm afterwards."""
    return alarms.alarm_json(alarms.acknowledge(caller(request), id))


@router.post("/alarms/{id}/close", summary="Say that nothing is left to do")
def close(request: HttpRequest, id: str) -> dict[str, Any]:  # noqa: A002
    """The alarm afterwards."""
    return alarms.alarm_json(alarms.close(caller(request), id))


BODIES = {
    "AlarmFields": AlarmFields.model_json_schema(ref_template="#/components/schemas/{model}"),
}
"""The schema of a reported alarm, for the API's description."""
