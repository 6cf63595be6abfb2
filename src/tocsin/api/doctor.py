"""``/api/v1/doctor``."""

from __future__ import annotations

import json
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field

from tocsin.api.body import described, read_model
from tocsin.api.caller import caller
from tocsin.api.listing import Paging, Text, clamp
from tocsin.base.secret import Secret
from tocsin.engine import doctor
from tocsin.engine.doctorerrand import Asked
from tocsin.engine.doctorrun import run_json, summary_json
from tocsin.engine.errors import Refused
from tocsin.faults.fault import Finding

router = Router(tags=["doctor"])


class Walk(BaseModel):
    """What is to be walked: the first relay, the one of a name, or the server at `host`.

    `from` and `to` take the place of the relay's From Email and of the recipients of the
    email actions. With `send` a test message is handed over; without `wait` the answer
    comes at once.
    """

    model_config = ConfigDict(extra="forbid")

    relay: Text | None = None
    host: Text | None = None
    port: int | None = None
    encryption: Literal["starttls", "smtps", "none"] | None = None
    sender: Text | None = Field(default=None, alias="from")
    to: list[Text] | Text | None = None
    user: Text | None = None
    password: Text | None = None
    send: bool = False
    wait: bool = True

    @property
    def asked(self) -> Asked:
        """The same for the doctor.

        Raises:
            Refused: what was given says two things at once.
        """
        if self.host is None:
            for name in ("port", "encryption", "user", "password"):
                if getattr(self, name) is not None:
                    facts = {"field": name, "problem": "is of another server: give its host too"}
                    raise Refused(Finding("input.invalid", facts))
        elif self.relay is not None:
            facts = {"field": "relay", "problem": "and host cannot both be walked to"}
            raise Refused(Finding("input.invalid", facts))
        to = [self.to] if isinstance(self.to, str) else self.to
        return Asked(
            relay=self.relay,
            host=self.host,
            port=self.port,
            encryption=self.encryption,
            sender=self.sender,
            recipients=None if to is None else tuple(to),
            user=self.user,
            password=None if self.password is None else Secret(self.password),
            send=self.send,
        )


BODIES = {"Walk": Walk.model_json_schema()}
"""Schemas for the API's description."""

_BODY = described({"$ref": "#/components/schemas/Walk"})
_BODY["requestBody"]["required"] = False
_BODY["responses"] = {202: {"description": "The walk is under way still."}}


@router.post("/doctor", openapi_extra=_BODY, summary="Walk a mail path, and say what fails")
def walk(request: HttpRequest) -> HttpResponse:
    """What was found; after 90 s, or without `wait`, what was found so far, as 202."""
    wanted = read_model(request, Walk) if _has_body(request) else Walk()
    principal = caller(request)
    id_ = doctor.start(principal, wanted.asked)
    run = doctor.wait(principal, id_) if wanted.wait else doctor.find_run(principal, id_)
    return HttpResponse(
        json.dumps(run_json(run)),
        status=202 if run.is_running else 200,
        content_type="application/json",
    )


def _has_body(request: HttpRequest) -> bool:
    """Whether there is one (RFC 9112 section 6.3): a body has a length, or comes in chunks."""
    length = request.headers.get("Content-Length") or "0"
    return length != "0" or "Transfer-Encoding" in request.headers


@router.get("/doctor", summary="The walks that are kept, newest first")
def list_walks(request: HttpRequest, wanted: Query[Paging]) -> dict[str, Any]:
    """Each with where it went and what it came to."""
    page = doctor.list_runs(caller(request), cursor=wanted.cursor, limit=clamp(wanted.limit))
    return {"items": [summary_json(one) for one in page.items], "next": page.next}


@router.get("/doctor/{id}", summary="One walk")
def get_walk(request: HttpRequest, id: str) -> dict[str, Any]:  # noqa: A002 -- the path's word
    """Its steps and findings, the root cause first."""
    return run_json(doctor.find_run(caller(request), id))


@router.get("/doctor/{id}/report", summary="The report of a walk as text")
def get_report(request: HttpRequest, id: str) -> HttpResponse:  # noqa: A002
    """For a ticket: without secrets."""
    text = doctor.report_of(caller(request), id)
    return HttpResponse(text.encode(), content_type="text/plain; charset=utf-8")
