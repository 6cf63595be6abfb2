"""How each relay does: what its responder observed, what it took, why it is paused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from tocsin.base.clock import HOUR, Instant, now, rfc3339
from tocsin.base.home import Home
from tocsin.central.appliance import GONE_AFTER
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine import appliance, nudge, sesaccount, seslimits
from tocsin.engine.configuration import current
from tocsin.engine.errors import Conflict, NotFound, RoleMissing
from tocsin.engine.relay import Limits, Relay, relays
from tocsin.engine.sesaccount import AccountStatus
from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Explained, Finding
from tocsin.store import models
from tocsin.store.queries import operation

DAY: Instant = 24 * HOUR
RESPONDER = "responder"


@dataclass(frozen=True, slots=True)
class AddressView:
    """One address of a relay's name, as a responder last found it."""

    address: str
    ok: bool | None
    explained: Explained | None
    at: Instant | None
    failures: int | None


@dataclass(frozen=True, slots=True)
class Observed:
    """What a responder said of a relay; None wherever it said nothing."""

    node: str
    at: Instant
    fresh: bool
    """Said lately: the responder has not fallen silent since."""
    use: str | None
    """``open``, ``paused``, ``trying`` or ``standby``."""
    connections: int | None
    most_connections: int | None
    in_hand: int | None
    """Deliveries between wire and record."""
    seconds_per_message: float | None
    round_trip: float | None
    rate: float | None
    """Recipients a second in force."""
    tokens: float | None
    messages_per_connection: int | None
    idle_s: float | None
    connection_age_s: float | None
    addresses: tuple[AddressView, ...]


@dataclass(frozen=True, slots=True)
class RelayHealth:
    """A relay that is configured, with everything that is known of it."""

    name: str
    host: str
    port: int
    place: int
    """0 for the first."""
    after_s: float
    rate_set: float | None
    learnt_rate: float | None
    quota: int | None
    """Recipients in any 24 hours, as set or as its account says."""
    quota_set: bool
    """Whether a person set that."""
    account: Limits
    """What its account allows; kept to wherever nothing is set."""
    ses: AccountStatus | None
    """The account at Amazon SES that its mail goes into; None where it is of none."""
    used: int
    """Recipients of the last 24 hours, counted as a rolling quota counts them."""
    messages: int
    usage: tuple[tuple[Instant, int, int], ...]
    """(when, messages, recipients) of each span of the last 24 hours."""
    paused_at: Instant | None
    explained: Explained | None
    failures: int
    probe_at: Instant | None
    probed_at: Instant | None
    last_accepted_at: Instant | None
    observed: tuple[Observed, ...]
    """One of each node whose responder spoke of it, the latest first."""

    @property
    def use(self) -> str | None:
        """How it is used, as far as that is known."""
        if self.paused_at is not None:
            # The store knows of the pause first; whether it is being tried, the responder.
            trying = any(one.fresh and one.use == "trying" for one in self.observed)
            return "trying" if trying else "paused"
        return next((one.use for one in self.observed if one.fresh), None)


def relay_health(principal: Principal) -> list[RelayHealth]:
    """Every relay that is configured, in the order of preference.

    Raises:
        NotPermitted: the role may not read.
    """
    require(principal, Permission.READ)
    configuration = current().configuration
    limits = seslimits.limits(configuration)
    found = relays(Home.of_environment(), configuration, limits)
    at = now()
    said = _said(at)
    account = sesaccount.account_status(configuration)
    return [_health(place, one, said, account, at) for place, one in enumerate(found)]


def find_relay(principal: Principal, name: str) -> RelayHealth:
    """The relay of that name.

    Raises:
        NotPermitted: the role may not read.
        NotFound: none of that name is configured.
    """
    for one in relay_health(principal):
        if one.name == name:
            return one
    raise NotFound("relay", name)


def try_now(principal: Principal, name: str) -> RelayHealth:
    """End the wait of a paused relay: it is looked at again at once.

    Raises:
        NotPermitted: the role may not.
        NotFound: none of that name is configured.
        Conflict: it is not paused.
        RoleMissing: no responder runs that could look.
    """
    require(principal, Permission.TEST_ACTIONS)
    find_relay(principal, name)
    if not appliance.is_running(RESPONDER):
        raise RoleMissing(RESPONDER)
    waiting = models.RelayState.objects.filter(name=name, paused_at__isnull=False)
    with transaction.atomic():
        asked = waiting.update(probe_at=now())
    if not asked:
        raise Conflict(f"the relay {name} is not paused")
    nudge.wake(RESPONDER)
    return find_relay(principal, name)


def _health(
    place: int,
    relay: Relay,
    said: Mapping[str, list[Observed]],
    account: AccountStatus,
    at: Instant,
) -> RelayHealth:
    settings = relay.settings
    state = operation.relay_state(settings.name)
    usage = tuple(operation.relay_usage(settings.name, at - DAY))
    paused = state is not None and state.paused_at is not None
    return RelayHealth(
        name=settings.name,
        host=settings.host,
        port=settings.port,
        place=place,
        after_s=relay.after_s,
        rate_set=relay.max_send_rate,
        learnt_rate=state.learnt_rate if state else None,
        quota=relay.account.max_24_hour_send
        if relay.max_24_hour_send is None
        else relay.max_24_hour_send,
        quota_set=relay.max_24_hour_send is not None,
        account=relay.account,
        ses=account if settings.name in account.relays else None,
        used=sum(recipients for _, _, recipients in usage),
        messages=sum(messages for _, messages, _ in usage),
        usage=usage,
        paused_at=state.paused_at if state else None,
        explained=_explained(state.code, json.loads(state.facts)) if state and paused else None,
        failures=state.failures if state else 0,
        probe_at=state.probe_at if state and paused else None,
        probed_at=state.probed_at if state and paused else None,
        last_accepted_at=state.last_accepted_at if state else None,
        observed=tuple(said.get(settings.name, ())),
    )


def _explained(code: str | None, facts: Mapping[str, str] | None = None) -> Explained:
    return explain(Finding(code or "unknown", dict(facts or {})))


def _said(at: Instant) -> dict[str, list[Observed]]:
    found: dict[str, list[Observed]] = {}
    rows = models.RoleState.objects.filter(role=RESPONDER).order_by("-heartbeat_at")
    for row in rows:
        told = json.loads(row.detail).get("relays")
        for one in told if isinstance(told, list) else ():
            if isinstance(one, Mapping) and isinstance(one.get("name"), str):
                fresh = at - row.heartbeat_at <= GONE_AFTER
                observed = _observed(one, row.node, row.heartbeat_at, fresh=fresh)
                found.setdefault(one["name"], []).append(observed)
    return found


def _observed(one: Mapping[str, Any], node: str, at: Instant, *, fresh: bool) -> Observed:
    limits = one.get("limits") or {}
    return Observed(
        node=node,
        at=at,
        fresh=fresh,
        use=one.get("use"),
        connections=one.get("connections"),
        most_connections=one.get("most_connections"),
        in_hand=one.get("in_hand"),
        seconds_per_message=one.get("seconds_per_message"),
        round_trip=one.get("round_trip"),
        rate=one.get("rate"),
        tokens=one.get("bucket"),
        messages_per_connection=limits.get("messages_per_connection"),
        idle_s=limits.get("idle_s"),
        connection_age_s=limits.get("connection_age_s"),
        addresses=tuple(_address(each) for each in one.get("addresses") or ()),
    )


def _address(one: Mapping[str, Any]) -> AddressView:
    return AddressView(
        address=str(one.get("address")),
        ok=one.get("ok"),
        explained=_explained(one["code"]) if one.get("code") else None,
        at=one.get("at"),
        failures=one.get("failures"),
    )


def health_json(health: RelayHealth) -> dict[str, Any]:
    """A relay in the shape that the API and ``--json`` give."""
    told = health.explained
    return {
        "name": health.name,
        "server": health.host,
        "port": health.port,
        "after_s": health.after_s,
        "use": health.use,
        "paused_at": _time(health.paused_at),
        "code": told.code if told else None,
        "title": told.title if told else None,
        "cause": told.cause if told else None,
        "fix": list(told.fix) if told else [],
        "failures": health.failures,
        "probe_at": _time(health.probe_at),
        "probed_at": _time(health.probed_at),
        "last_accepted_at": _time(health.last_accepted_at),
        "rate_set": health.rate_set,
        "rate_learnt": health.learnt_rate,
        "rate_of_account": health.account.max_send_rate,
        "max_24_hour_send": health.quota,
        "max_24_hour_send_from": _quota_from(health),
        "sent_by_others_24_hours": health.account.sent_by_others,
        "recipients_24_hours": health.used,
        "messages_24_hours": health.messages,
        "observed": [_observed_json(one) for one in health.observed],
    }


def _quota_from(health: RelayHealth) -> str | None:
    if health.quota is None:
        return None
    return "set" if health.quota_set else "amazon ses"


def _observed_json(one: Observed) -> dict[str, Any]:
    return {
        "node": one.node,
        "at": rfc3339(one.at),
        "fresh": one.fresh,
        "use": one.use,
        "connections": one.connections,
        "most_connections": one.most_connections,
        "in_hand": one.in_hand,
        "seconds_per_message": one.seconds_per_message,
        "round_trip": one.round_trip,
        "rate": one.rate,
        "messages_per_connection": one.messages_per_connection,
        "idle_s": one.idle_s,
        "connection_age_s": one.connection_age_s,
        "addresses": [
            {
                "address": each.address,
                "ok": each.ok,
                "code": each.explained.code if each.explained else None,
                "at": _time(each.at),
                "failures": each.failures,
            }
            for each in one.addresses
        ],
    }


def _time(at: Instant | None) -> str | None:
    return None if at is None else rfc3339(at)
