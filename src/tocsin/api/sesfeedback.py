"""``/api/v1/ses``: feedback of Amazon SES, what it flagged, and the topics that offer it."""

from __future__ import annotations

import json
from typing import Any

import structlog
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from ninja import Query, Router

from tocsin.api.body import TooLarge, described, read_json
from tocsin.api.caller import caller
from tocsin.api.listing import Paging, clamp, part_of
from tocsin.api.problem import method_not_allowed, problem, store_failed
from tocsin.engine import feedbackevents, feedbackflags, feedbacksns, feedbackview
from tocsin.faults.fault import Finding
from tocsin.ses.envelope import LARGEST
from tocsin.ses.event import Malformed
from tocsin.ses.sns import Forged
from tocsin.ses.wire import AwsFailure

router = Router(tags=["amazon ses"])

_log = structlog.get_logger("feedback")

_EVENT = {"type": "object", "description": "An event of EventBridge, or of SES itself."}
_ONE_OR_MANY = {
    **described(
        {
            "oneOf": [
                _EVENT,
                {"type": "array", "maxItems": feedbackevents.MOST, "items": _EVENT},
            ]
        }
    ),
    "responses": {
        "202": {"description": "Stored durably: one result for each event, in order."},
        "422": {"description": "None could be taken."},
    },
}


@router.post("/ses/events", openapi_extra=_ONE_OR_MANY, summary="Report events of Amazon SES")
def take_events(request: HttpRequest) -> HttpResponse:
    """Take one event of EventBridge or an array; answered only when they are stored durably."""
    results = feedbackevents.take_events(caller(request), read_json(request))
    if all(one.problem is not None for one in results):
        errors = [
            {"field": f"[{place}]", "message": one.problem or "", "accepted": ""}
            for place, one in enumerate(results[:_MOST_TOLD])
        ]
        told = "; ".join(f"{one['field']}: {one['message']}" for one in errors)
        return problem(422, Finding("input.invalid"), detail=told or "no event", errors=errors)
    return HttpResponse(
        json.dumps([feedbackevents.result_json(one) for one in results]),
        status=202,
        content_type="application/json",
    )


_MOST_TOLD = 20


@router.get("/ses/flags", summary="Addresses that bounced for good or complained")
def list_flags(request: HttpRequest, wanted: Query[Paging]) -> dict[str, Any]:
    """Each with the reason and the actions that send to it."""
    found = feedbackflags.list_flags(caller(request))
    part, next_ = part_of(found, wanted, lambda one: one.address)
    return {
        "items": [feedbackflags.flag_json(one) for one in part],
        "next": next_,
        "total": len(found),
    }


@router.delete("/ses/flags/{address}", summary="Say that an address is right again")
def clear_flag(request: HttpRequest, address: str) -> HttpResponse:
    """The flag is gone, and the alarm about it ends."""
    feedbackflags.clear(caller(request), address)
    return HttpResponse(status=204)


@router.get("/ses/subscriptions", summary="SNS topics that offered to send feedback")
def list_subscriptions(request: HttpRequest, wanted: Query[Paging]) -> dict[str, Any]:
    """Those that wait for a person's word, and those that have it."""
    found = feedbacksns.list_subscriptions(caller(request))
    part, next_ = part_of(found, wanted, lambda one: one.id)
    return {
        "items": [feedbacksns.subscription_json(one) for one in part],
        "next": next_,
        "total": len(found),
    }


@router.post("/ses/subscriptions/{id}/confirm", summary="Agree that a topic sends feedback")
def confirm(request: HttpRequest, id: str) -> dict[str, Any]:  # noqa: A002 -- the path's word
    """The subscription afterwards; SNS was told."""
    return feedbacksns.subscription_json(feedbacksns.confirm_subscription(caller(request), id))


@router.delete("/ses/subscriptions/{id}", summary="Take no more of a topic")
def remove(request: HttpRequest, id: str) -> HttpResponse:  # noqa: A002
    """The topic is forgotten; end the subscription in AWS too."""
    feedbacksns.remove_subscription(caller(request), id)
    return HttpResponse(status=204)


@router.get("/ses/quarantine", summary="Feedback that could not be read, the latest first")
def list_quarantine(request: HttpRequest, wanted: Query[Paging]) -> dict[str, Any]:
    """Each as it came, with the reason; kept for 30 days."""
    page = feedbackview.list_kept(caller(request), cursor=wanted.cursor, limit=clamp(wanted.limit))
    return {
        "items": [feedbackview.kept_json(one) for one in page.items],
        "next": page.next,
        "total": page.total,
    }


@csrf_exempt
def sns(request: HttpRequest) -> HttpResponse:
    """``POST /api/v1/ses/sns``: what SNS sends. The message's signature is the sign-in.

    Nothing that was sent stands in the answer: it would be a stranger's text.
    """
    if request.method != "POST":
        return method_not_allowed(request, ("POST",))
    try:
        answer = feedbacksns.take_sns(_body(request))
    except TooLarge:
        return _said(413, "is larger than 256 KiB")
    except Malformed:
        return _said(400, "is no message of SNS")
    except Forged as refusal:
        _log.warning("a message of SNS was refused", reason=str(refusal))
        return problem(403, Finding("access.sign-in-required"), detail="The message is refused.")
    except AwsFailure as failure:
        _log.warning("a signing certificate cannot be fetched", code=failure.finding.code)
        retry = problem(503, Finding(failure.finding.code), detail="Send it again later.")
        retry["Retry-After"] = "60"
        return retry
    except DatabaseError as error:
        return store_failed(request, error)
    return HttpResponse(json.dumps({"result": answer}), content_type="application/json")


def _body(request: HttpRequest) -> bytes:
    """The body, of which no more is read than is taken."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length and not request.META.get("wsgi.input_terminated"):
        return b""
    if length.isascii() and length.isdigit():
        if int(length) > LARGEST:
            raise TooLarge
        content: bytes = request.META["wsgi.input"].read(int(length))
    else:
        content = request.META["wsgi.input"].read(LARGEST + 1)
    if len(content) > LARGEST:
        raise TooLarge
    return content


def _said(status: int, words: str) -> HttpResponse:
    return problem(status, Finding("input.invalid", {"field": "The body", "problem": words}))
