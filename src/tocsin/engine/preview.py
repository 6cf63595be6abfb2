"""A message as it would be sent: of an action that is saved, or of templates being typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from tocsin.base.clock import now
from tocsin.channels.email.kind import Email, Preview, Unrenderable
from tocsin.channels.email.settings import EmailSettings
from tocsin.domain.alarm import TransitionKind
from tocsin.domain.principal import Permission, Principal, require
from tocsin.domain.telling import Telling
from tocsin.engine.alarms import get_alarm
from tocsin.engine.configuration import current
from tocsin.engine.errors import NotFound

SEEN = ("language", "subject", "body", "html")
"""The settings that a reader sees the effect of."""

_EMAIL = Email()


def preview_action(principal: Principal, name: str, alarm_ids: Sequence[str] = ()) -> Preview:
    """The message that this action would send for an alarm, or for several as one digest.

    Without an alarm it is that of the test alarm.

    Raises:
        NotPermitted: the role may not read.
        NotFound: there is no such action or alarm.
        Unrenderable: a template of the action fails on these alarms.
    """
    require(principal, Permission.READ)
    for one in current().configuration.actions:
        if one.name == name:
            return _preview(principal, one, alarm_ids)
    raise NotFound("action", name)


def preview_typed(
    principal: Principal, typed: Mapping[str, Any], alarm_ids: Sequence[str] = ()
) -> Preview:
    """The message that settings of `SEEN` would make, whatever else the action has.

    Raises:
        NotPermitted: the role may not read.
        NotFound: there is no such alarm.
        Unrenderable: a template cannot be saved, or fails on these alarms.
    """
    require(principal, Permission.READ)
    seen = {name: typed[name] for name in SEEN if typed.get(name)}
    try:
        settings = EmailSettings(
            name="preview", kind="email", to=("preview@example.invalid",), **seen
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise Unrenderable(str(first["loc"][0]), first["msg"]) from None
    return _preview(principal, settings, alarm_ids)


def _preview(principal: Principal, settings: EmailSettings, alarm_ids: Sequence[str]) -> Preview:
    if not alarm_ids:
        return _EMAIL.preview(settings, [Telling(_EMAIL.sample(now()), TransitionKind.ACTIVE)])
    told = [
        Telling(get_alarm(principal, one).alarm, TransitionKind.ACTIVE)
        for one in dict.fromkeys(alarm_ids)
    ]
    told.sort(key=lambda one: one.alarm.severity.rank, reverse=True)
    address = current().configuration.outbox.page_address
    page = f"/alarms/{told[0].alarm.id}" if len(told) == 1 else "/deliveries"
    return _EMAIL.preview(settings, told, url=f"{address}{page}" if address else "")
