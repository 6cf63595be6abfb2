"""``/api/v1/ses/account``."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from tocsin.api.caller import caller
from tocsin.engine import sesaccount

router = Router(tags=["amazon ses"])


@router.get("/ses/account", summary="The account at Amazon SES, as it was seen last")
def account(request: HttpRequest) -> dict[str, Any]:
    """Quota, reputation, identities, access keys, and what is to be seen to."""
    return sesaccount.status_json(sesaccount.status(caller(request)))


@router.post(
    "/ses/account/look",
    response={202: dict[str, Any]},
    summary="Look at the account at Amazon SES now",
)
def look(request: HttpRequest) -> dict[str, Any]:
    """The region that is looked at; what is seen stands under ``/ses/account`` in a moment."""
    return {"region": sesaccount.ask(caller(request))}
