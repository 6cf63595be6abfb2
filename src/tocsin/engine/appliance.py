"""How the manager itself is: its roles, its relay, whether it can take alarms."""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError

from tocsin.base.clock import Instant, now, rfc3339
from tocsin.base.home import Home, node_name
from tocsin.central.appliance import GONE_AFTER, RoleReport, Status, appliance_status
from tocsin.domain.delivery import DeliveryState
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine.configuration import current, current_number
from tocsin.engine.relay import relays
from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Explained, Finding
from tocsin.store import models

ROLES = ("web", "responder", "intake")
"""The roles that a manager on one machine consists of."""


@dataclass(frozen=True, slots=True)
class RoleView:
    """A role as it last reported itself."""

    role: str
    pid: int
    started_at: Instant
    heartbeat_at: Instant
    applied_version: int
    ready: bool
    failure: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ApplianceView:
    """A line of Appliance Manager."""

    node: str
    host_name: str
    type: str
    address: str
    status: Status
    latest_version: int
    roles: tuple[RoleView, ...]


@dataclass(frozen=True, slots=True)
class RelayLight:
    """The light for the mail path, and what it means."""

    colour: str
    """``green`` took mail, ``amber`` paused, ``red`` paused and mail waits, ``grey`` not known."""
    paused_at: Instant | None
    explained: Explained | None
    last_accepted_at: Instant | None
    waiting: int


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether alarms can be accepted now; `reasons` says why not."""

    ok: bool
    reasons: tuple[str, ...]


def appliances(principal: Principal) -> list[ApplianceView]:
    """Every node that belongs to this manager, as observed.

    Raises:
        NotPermitted: the role may not read.
    """
    require(principal, Permission.READ)
    latest = current_number()
    found: dict[str, list[models.RoleState]] = {node_name(): []}
    for row in models.RoleState.objects.order_by("node", "role"):
        found.setdefault(row.node, []).append(row)
    return [_appliance(node, rows, latest) for node, rows in found.items()]


def _appliance(node: str, rows: Sequence[models.RoleState], latest: int) -> ApplianceView:
    reports = [
        RoleReport(
            role=row.role,
            heartbeat_at=row.heartbeat_at,
            applied_version=row.applied_version,
            ready=row.ready,
            failure=row.failure,
        )
        for row in rows
    ]
    return ApplianceView(
        node=node,
        host_name=socket.getfqdn(node) if node == node_name() else node,
        type="Manager",
        address=_address(node),
        status=appliance_status(latest, reports, now(), ROLES if node == node_name() else ()),
        latest_version=latest,
        roles=tuple(
            RoleView(
                role=row.role,
                pid=row.pid,
                started_at=row.started_at,
                heartbeat_at=row.heartbeat_at,
                applied_version=row.applied_version,
                ready=row.ready,
                failure=row.failure,
                detail=json.loads(row.detail),
            )
            for row in rows
        ),
    )


def _address(node: str) -> str:
    try:
        return socket.gethostbyname(node)
    except OSError:
        return ""


def appliance_json(view: ApplianceView) -> dict[str, Any]:
    """An appliance in the shape that the API and ``--json`` give."""
    return {
        "node": view.node,
        "host_name": view.host_name,
        "type": view.type,
        "address": view.address,
        "status": str(view.status),
        "latest_version": view.latest_version,
        "roles": [
            {
                "role": one.role,
                "pid": one.pid,
                "started_at": rfc3339(one.started_at),
                "heartbeat_at": rfc3339(one.heartbeat_at),
                "applied_version": one.applied_version,
                "ready": one.ready,
                "failure": one.failure,
                "detail": one.detail,
            }
            for one in view.roles
        ],
    }


def is_running(role: str) -> bool:
    """Whether some node's role reported itself lately."""
    return models.RoleState.objects.filter(role=role, heartbeat_at__gt=now() - GONE_AFTER).exists()


def relay_light(principal: Principal) -> RelayLight:
    """What the light for the mail path shows: the first relay, and whether another stands in.

    Raises:
        NotPermitted: the role may not read.
    """
    require(principal, Permission.READ)
    names = [one.settings.name for one in relays(Home.of_environment(), current().configuration)]
    waiting = models.Delivery.objects.filter(
        state__in=[DeliveryState.QUEUED.value, DeliveryState.RETRYING.value]
    ).count()
    if not names:
        told = explain(Finding("smtp.not-configured"))
        return RelayLight("red" if waiting else "grey", None, told, None, waiting)
    rows = {row.name: row for row in models.RelayState.objects.filter(name__in=names)}
    row = rows.get(names[0])
    if row is None:
        return RelayLight("grey", None, None, None, waiting)
    if row.paused_at is None:
        colour = "green" if row.last_accepted_at else "grey"
        return RelayLight(colour, None, None, row.last_accepted_at, waiting)
    told = explain(Finding(row.code or "unknown", json.loads(row.facts)))
    paused_at = row.paused_at
    others = [rows[name] for name in names[1:] if name in rows]
    carried = any(
        one.paused_at is None and (one.last_accepted_at or 0) > paused_at for one in others
    )
    colour = "red" if waiting and not carried else "amber"
    return RelayLight(colour, paused_at, told, row.last_accepted_at, waiting)


def readiness() -> Readiness:
    """Whether alarms can be accepted: the store answers and the sources are open."""
    reasons: list[str] = []
    try:
        sources = [one for one in current().configuration.sources if one.enabled]
        intake = (
            models.RoleState.objects.filter(
                role="intake", node=node_name(), heartbeat_at__gt=now() - GONE_AFTER
            )
            .order_by("-heartbeat_at")
            .first()
        )
        if sources and intake is None:
            reasons.append("the intake role is not running")
        elif sources and intake is not None and not intake.ready:
            reasons.append(intake.failure or "the sources are not open yet")
    except DatabaseError as error:
        reasons.append(f"the store does not answer: {error}")
    return Readiness(not reasons, tuple(reasons))
