"""What was entered in the setup assistant, on its way to the next step.

It is sealed into a cookie that scripts cannot read, that goes to the assistant's pages alone
and that ends after an hour: no page holds a secret, and neither does the store before
somebody applied it. A page that is loaded again finds it again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from tocsin.base.clock import HOUR, now
from tocsin.base.secret import Secret
from tocsin.domain.principal import Principal
from tocsin.engine.errors import Conflict
from tocsin.engine.setup.entered import AccessKey, Credentials, Entered, NewUser, SmtpUser
from tocsin.web import sealedfield

COOKIE = "tocsin_ses_setup"
PATH = "/ses/setup"
_NAME = "ses setup"
_LIFE_S = 3600
_KINDS = {one.__name__: one for one in (SmtpUser, AccessKey, NewUser)}
_SECRETS = frozenset({"password", "secret_key"})


@dataclass(frozen=True, slots=True)
class Carried:
    """What was entered, and what became of it so far."""

    entered: Entered
    made: str | None = None
    """Name of the IAM user that was made."""
    trusting: str | None = None
    """SHA-256 of the certificate that the person ticked; nothing is stored of it yet."""


def hand_on(answer: HttpResponse, request: HttpRequest, who: Principal, one: Carried) -> None:
    """Let the browser bring it along."""
    text = json.dumps({**_plain(one), "until": now() + HOUR}, ensure_ascii=False)
    answer.set_cookie(
        COOKIE,
        sealedfield.seal(who.name, _NAME, Secret(text)),
        max_age=_LIFE_S,
        path=PATH,
        secure=request.is_secure() or settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def brought(request: HttpRequest, who: Principal) -> Carried | None:
    """What the browser brought along; None when there is nothing, or it is too old.

    Raises:
        Conflict: it was sealed for somebody else, or elsewhere.
    """
    sealed = request.COOKIES.get(COOKIE)
    if not sealed:
        return None
    said = json.loads(sealedfield.unseal(who.name, _NAME, sealed).reveal())
    try:
        return _read(said) if said["until"] > now() else None
    except (KeyError, TypeError):  # of a version of Tocsin that carried something else
        return None


def remembered(request: HttpRequest, who: Principal) -> Carried | None:
    """The same, where nothing is lost without it."""
    try:
        return brought(request, who)
    except Conflict:
        return None


def forget(answer: HttpResponse) -> None:
    """It is applied, and needed no more."""
    answer.delete_cookie(COOKIE, path=PATH, samesite="Strict")


def _plain(one: Carried) -> dict[str, Any]:
    return {
        "entered": _opened(one.entered),
        "kind": type(one.entered.credentials).__name__,
        "made": one.made,
        "trusting": one.trusting,
    }


def _opened(thing: Entered | Credentials) -> dict[str, Any]:
    """Its fields, secrets in the clear: it is sealed as a whole."""
    said: dict[str, Any] = {}
    for field in fields(thing):
        value = getattr(thing, field.name)
        if isinstance(value, Secret):
            value = value.reveal()
        elif is_dataclass(value):
            value = _opened(value)  # type: ignore[arg-type]
        said[field.name] = value
    return said


def _read(said: dict[str, Any]) -> Carried:
    entered = said["entered"]
    credentials = _credentials(_KINDS[said["kind"]], entered.pop("credentials"))
    return Carried(Entered(credentials=credentials, **entered), said["made"], said["trusting"])


def _credentials(kind: Any, said: dict[str, Any]) -> Any:
    for name in _SECRETS & said.keys():
        said[name] = Secret(said[name])
    if said.get("watch") is not None:
        said["watch"] = _credentials(AccessKey, said["watch"])
    return kind(**said)
