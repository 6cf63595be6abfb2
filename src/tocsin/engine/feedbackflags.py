"""Addresses that bounced for good or complained: told once, and shown until somebody sees to it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from tocsin.base.clock import DAY, SYSTEM_CLOCK, Clock, Instant, rfc3339
from tocsin.central.configuration import Configuration
from tocsin.domain.principal import Permission, Principal, require
from tocsin.domain.severity import Severity
from tocsin.engine import systemalarm
from tocsin.engine.configuration import current
from tocsin.engine.errors import NotFound
from tocsin.engine.systemalarm import SystemAlarm
from tocsin.ses.feedback import Receipt, Standing, explain
from tocsin.store import models
from tocsin.store.queries import feedback as queries
from tocsin.store.queries.feedback import Key

TYPE = "Recipient cannot be reached"
NO_OTHER_WAY = "it would be told to the address that it is about, and no action reaches another"

_ADDRESSED = ("to", "cc", "bcc")
"""Fields of an action that name whom it sends to."""
_LASTS: Instant = 365 * DAY
"""It ends when a person clears the flag."""


@dataclass(frozen=True, slots=True)
class Flag:
    """An address that somebody must look after."""

    address: str
    since: Instant
    complained: bool
    reason: str
    code: str | None
    delivery: str
    actions: tuple[str, ...]
    """The actions that send to it now."""


def flagged(addresses: Collection[str] | None = None) -> dict[str, Flag]:
    """The flags of these addresses, by their lower case; all there are without any given."""
    found = models.RecipientFlag.objects.order_by("address")
    if addresses is not None:
        found = found.filter(address__in={one.lower() for one in addresses})
    configuration = current().configuration
    return {
        row.address: Flag(
            address=row.address,
            since=row.since,
            complained=row.standing == Standing.COMPLAINED.value,
            reason=row.reason,
            code=row.code,
            delivery=row.delivery_id,
            actions=actions_using(configuration, row.address),
        )
        for row in found
    }


def list_flags(principal: Principal) -> list[Flag]:
    """Every address that is flagged.

    Raises:
        NotPermitted: the role may not read.
    """
    require(principal, Permission.READ)
    return list(flagged().values())


def clear(principal: Principal, address: str, *, clock: Clock = SYSTEM_CLOCK) -> None:
    """Say that the address is right again; the alarm about it ends.

    Raises:
        NotPermitted: the role may not change the response.
        NotFound: it is not flagged.
    """
    require(principal, Permission.CHANGE_RESPONSE)
    lower = address.lower()
    with transaction.atomic():
        removed, _ = models.RecipientFlag.objects.filter(address=lower).delete()
        if not removed:
            raise NotFound("flagged address", address)
        systemalarm.over([_key(lower)], clock=clock)


def marked(actions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Actions as documents show them, each with the flags of its addresses as ``flagged``."""
    known = flagged()
    return [
        {
            **one,
            "flagged": [
                flag_json(flag) for address, flag in known.items() if address in _named_in(one)
            ],
        }
        for one in actions
    ]


def _named_in(action: Mapping[str, Any]) -> set[str]:
    return {
        address.lower() for field in _ADDRESSED for address in action.get(field) or () if address
    }


def flag_within(fatal: Iterable[tuple[Key, Receipt]], *, clock: Clock = SYSTEM_CLOCK) -> set[str]:
    """Flag addresses and tell of those that were not; in the caller's transaction."""
    at = clock.now()
    rows: dict[str, tuple[str, Instant, str, str, str | None, str]] = {}
    for (delivery, address), one in fatal:
        lower = address.lower()
        rows[lower] = (lower, at, one.standing.value, explain(one), one.code, delivery)
    if not rows:
        return set()
    new = queries.flag(list(rows.values()))
    configuration = current().configuration
    held = "" if _reaches_another(configuration) else NO_OTHER_WAY
    for address in sorted(new):
        systemalarm.tell([_alarm(configuration, rows[address], held)], clock=clock)
    return new


def actions_using(configuration: Configuration, address: str) -> tuple[str, ...]:
    """Names of the actions that send to an address."""
    lower = address.lower()
    return tuple(one.name for one in configuration.actions if lower in _recipients(one))


def _recipients(action: Any) -> set[str]:
    """All that an action sends to, in lower case; none where it sends no mail."""
    fields = (getattr(action, name, ()) for name in _ADDRESSED)
    return {one.lower() for field in fields for one in field}


def _reaches_another(configuration: Configuration) -> bool:
    """Whether any action reaches somebody who is not flagged."""
    known = set(models.RecipientFlag.objects.values_list("address", flat=True))
    return any(
        one.enabled and (one.kind != "email" or not _recipients(one) <= known)
        for one in configuration.actions
    )


def _alarm(
    configuration: Configuration, row: tuple[str, Instant, str, str, str | None, str], held: str
) -> SystemAlarm:
    address, _, standing, reason, code, delivery = row
    using = actions_using(configuration, address)
    named = ", ".join(using) if using else "none any more"
    told = "\n\n".join(
        (
            f"Alarms mailed to {address} do not reach anybody there. {reason}"
            if standing != Standing.COMPLAINED.value
            else f"{address} asked not to get these mails. {reason}",
            f"Actions that use the address: {named}.",
            _STEPS,
        )
    )
    return SystemAlarm(
        key=_key(address),
        type=TYPE,
        severity=Severity.MAJOR,
        details=told,
        attributes={
            "address": address,
            "actions": ", ".join(using),
            "code": code or "",
            "delivery": delivery,
        },
        lasts=_LASTS,
        held=held,
    )


_STEPS = (
    "What to do:\n- Correct the address in these actions, or take it off them.\n"
    "- Once it works again, clear its flag. Mail goes on being sent to it meanwhile, and every "
    "bounce counts against the account at Amazon SES."
)


def _key(address: str) -> str:
    return f"{systemalarm.SOURCE}|recipient|{address}"


def flag_json(flag: Flag) -> dict[str, Any]:
    """A flag in the shape that the API and ``--json`` give."""
    return {
        "address": flag.address,
        "since": rfc3339(flag.since),
        "complained": flag.complained,
        "reason": flag.reason,
        "code": flag.code,
        "delivery": flag.delivery,
        "actions": list(flag.actions),
    }
