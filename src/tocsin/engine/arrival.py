"""The arrival probe for people and programs: its canaries, its mailbox, and one sent now."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from tocsin.base.clock import DAY, SECOND, Instant, now, rfc3339
from tocsin.base.home import Home
from tocsin.central.arrival import Arrival
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine import appliance, nudge
from tocsin.engine.arrivalledger import finding_of, queue
from tocsin.engine.arrivalwatch import is_resting
from tocsin.engine.configuration import current
from tocsin.engine.errors import Conflict, NotFound, RoleMissing
from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Explained, Finding
from tocsin.store.models import ArrivalCanary
from tocsin.store.queries import arrival as queries

UNREADABLE = "unreadable"
"""Stands in place of a canary's state: the mailbox cannot be read."""
NONE = "none"
"""No canary has come to anything yet."""
_LATEST = 100
RESTING = "While the rehearsal relay stands in, mail comes to no mailbox."


@dataclass(frozen=True, slots=True)
class Canary:
    """One canary and what became of it."""

    id: str
    """Also that of its delivery."""
    address: str
    asked_by: str
    queued_at: Instant
    state: str
    accepted_at: Instant | None
    arrived_at: Instant | None
    measured: str | None
    latency_s: float | None
    folder: str | None
    hops: tuple[tuple[str, float | None], ...]
    explained: Explained | None

    @property
    def has_arrived(self) -> bool:
        """Whether it came to the mailbox, be it late."""
        return self.state in {queries.ARRIVED, queries.LATE}


@dataclass(frozen=True, slots=True)
class ArrivalView:
    """How the probe does."""

    settings: Arrival | None
    """None: it is not configured."""
    state: str
    """That of the latest canary of which it is known, ``none`` or ``unreadable``."""
    latest: Canary | None
    """The latest canary that says whether mail arrives."""
    mailbox: Explained | None
    """Why the mailbox cannot be read."""
    looked_at: Instant | None
    due_at: Instant | None
    resting: bool
    recent: tuple[tuple[Instant, str], ...]
    """When each canary of the last 24 hours was queued, and its state."""
    canaries: tuple[Canary, ...]
    """As many as were asked for, newest first."""
    total: int
    """How many are kept."""
    more: bool
    """Whether there are older ones than those of `canaries`."""

    @property
    def day(self) -> Mapping[str, int]:
        """Canaries of the last 24 hours, by every state."""
        found = Counter(state for _, state in self.recent)
        return {state: found[state] for state in queries.STATES}

    @property
    def arrives(self) -> bool:
        """Whether the latest that is known is that mail arrives."""
        return self.state in {queries.ARRIVED, queries.LATE}


def arrival(principal: Principal, limit: int = _LATEST, cursor: str | None = None) -> ArrivalView:
    """The probe with its latest canaries; with `cursor`, those before the one of that id.

    Raises:
        NotPermitted: the role may not read.
        NotFound: there is no canary of that id (any more).
    """
    require(principal, Permission.READ)
    if cursor is not None and not ArrivalCanary.objects.filter(id=cursor).exists():
        raise NotFound("cursor", cursor)
    settings = current().configuration.arrival
    row = queries.probe() if settings is not None else None
    rows = queries.canaries(limit + 1, cursor)
    canaries = tuple(_canary(one, settings) for one in rows[:limit])
    latest = queries.last_verdicts(settings.basis, 1) if settings is not None else []
    verdict = _canary(latest[0], settings) if latest else None
    mailbox = None
    if row is not None and row.code is not None:
        mailbox = explain(Finding(row.code, json.loads(row.facts)))
    state = NONE if verdict is None else verdict.state
    since = now() - DAY
    return ArrivalView(
        settings=settings,
        state=UNREADABLE if mailbox is not None else state,
        latest=verdict,
        mailbox=mailbox,
        looked_at=None if row is None else row.looked_at,
        due_at=None if row is None else row.due_at,
        resting=is_resting(Home.of_environment()),
        recent=tuple(queries.states_since(since)),
        canaries=canaries,
        total=ArrivalCanary.objects.count(),
        more=len(rows) > limit,
    )


def canary(principal: Principal, id_: str) -> Canary:
    """One canary.

    Raises:
        NotPermitted: the role may not read.
        NotFound: there is none of that id.
    """
    require(principal, Permission.READ)
    row = ArrivalCanary.objects.filter(id=id_).first()
    if row is None:
        raise NotFound("canary", id_)
    return _canary(row, current().configuration.arrival)


def probe_now(principal: Principal) -> str:
    """Send a canary at once; gives its id. The schedule goes on as it is.

    Raises:
        NotPermitted: the role may not.
        NotFound: the probe is not configured.
        RoleMissing: no responder runs, so nothing would be sent.
        Conflict: the rehearsal relay stands in.
    """
    require(principal, Permission.TEST_ACTIONS)
    version = current()
    settings = version.configuration.arrival
    if settings is None:
        raise NotFound("mailbox", "under arrival")
    if not appliance.is_running("responder"):
        raise RoleMissing("responder")
    if is_resting(Home.of_environment()):
        raise Conflict(RESTING)
    with transaction.atomic():
        id_ = queue(version, settings, principal.name, now())
    nudge.wake("responder")
    return id_


def _canary(one: ArrivalCanary, settings: Arrival | None) -> Canary:
    folder = settings.folder if settings is not None else ""
    finding = finding_of(one, folder, settings.patience_s if settings is not None else 0)
    return Canary(
        id=one.id,
        address=one.address,
        asked_by=one.asked_by,
        queued_at=one.queued_at,
        state=one.state,
        accepted_at=one.accepted_at,
        arrived_at=one.arrived_at,
        measured=one.measured,
        latency_s=None if one.latency is None else one.latency / SECOND,
        folder=one.folder,
        hops=tuple((by, delay) for by, delay in json.loads(one.hops)),
        explained=None if finding is None else explain(finding),
    )


def canary_json(one: Canary) -> dict[str, Any]:
    """A canary in the shape that the API and ``--json`` give."""
    told = one.explained
    return {
        "id": one.id,
        "delivery": one.id,
        "to": one.address,
        "asked_by": one.asked_by,
        "state": one.state,
        "queued_at": rfc3339(one.queued_at),
        "accepted_at": _time(one.accepted_at),
        "arrived_at": _time(one.arrived_at),
        "latency_s": one.latency_s,
        "measured": one.measured,
        "folder": one.folder,
        "hops": [{"by": by, "delay_s": delay} for by, delay in one.hops],
        "code": told.code if told else None,
        "title": told.title if told else None,
    }


def arrival_json(view: ArrivalView) -> dict[str, Any]:
    """How the probe does, without its list of canaries."""
    told = view.mailbox
    return {
        "configured": view.settings is not None,
        "resting": view.resting,
        "arrives": view.arrives,
        "state": view.state,
        "latest": None if view.latest is None else canary_json(view.latest),
        "mailbox": None
        if told is None
        else {
            "code": told.code,
            "title": told.title,
            "cause": told.cause,
            "fix": list(told.fix),
        },
        "looked_at": _time(view.looked_at),
        "due_at": _time(view.due_at),
        "last_24_hours": dict(view.day),
    }


def _time(at: Instant | None) -> str | None:
    return None if at is None else rfc3339(at)
