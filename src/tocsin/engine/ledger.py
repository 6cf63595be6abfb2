"""What the sender reads and writes of its work: one transaction each, run in the store's thread."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction

from tocsin.base.clock import DAY, Instant, now
from tocsin.domain.delivery import ConnectionEvidence
from tocsin.engine import systemalarm
from tocsin.engine.composing import Composer
from tocsin.faults.fault import Finding
from tocsin.store import models
from tocsin.store.queries import counters, feedback, operation, outbox, outgoing
from tocsin.store.queries.outbox import Outcome
from tocsin.store.queries.outgoing import Outgoing


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a relay took since the last record."""

    relay: str
    at: Instant
    messages: int
    recipients: int


@dataclass(frozen=True, slots=True)
class RelayRecord:
    """What is known of a relay now; `telling`: its pause is worth an alarm."""

    name: str
    host: str
    paused_at: Instant | None
    finding: Finding | None
    failures: int
    probe_at: Instant | None
    telling: bool
    learnt_rate: float | None


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the store knows of a relay from before."""

    paused_at: Instant | None
    probe_at: Instant | None
    learnt_rate: float | None
    usage: list[tuple[Instant, int, int]]


def claim(wanted: Sequence[tuple[str, str]], owner: str, until: Instant) -> set[str]:
    """Take deliveries, given as (id, kind), for sending; gives the ids that were still free."""
    with transaction.atomic():
        taken = outbox.claim([id_ for id_, _ in wanted], owner, until)
        counters.add_deliveries(((kind, "sending") for id_, kind in wanted if id_ in taken), now())
    return taken


def waiting(
    composer: Composer,
    at: Instant,
    limit: int,
    *,
    tests: bool = False,
    without: Collection[str] = (),
) -> list[Outgoing]:
    """What may be sent now; the composer fetches what it will need for it."""
    rows = outgoing.waiting(at, limit, tests=tests, without=without)
    composer.load({one.configuration for one in rows})
    return rows


def release(ids: Sequence[str], owner: str) -> None:
    """Put claims back of which nothing reached the wire."""
    with transaction.atomic():
        released = outbox.release(ids, owner)
        counters.add_deliveries(((kind, "queued") for kind in released), now())


def record(
    outcomes: Sequence[Outcome],
    owner: str,
    *,
    accepted: Sequence[Accepted] = (),
    relays: Sequence[RelayRecord] = (),
) -> None:
    """Write outcomes, what relays took, and how they are; pauses become alarms."""
    at = now()
    with transaction.atomic():
        outbox.record(outcomes, owner)
        feedback.keep_relay_ids((one.reply, one.delivery_id) for one in outcomes)
        counters.add_deliveries(((one.kind, one.state.value) for one in outcomes), at)
        for took in accepted:
            operation.relay_accepted(took.relay, took.at, took.messages, took.recipients)
        for relay in relays:
            _record_relay(relay)


def _record_relay(relay: RelayRecord) -> None:
    before = operation.relay_state(relay.name)
    finding = relay.finding
    operation.save_relay_pause(
        relay.name,
        paused_at=relay.paused_at,
        code=finding.code if finding is not None else None,
        facts=finding.facts if finding is not None else {},
        failures=relay.failures,
        probe_at=relay.probe_at,
    )
    operation.save_learnt_rate(relay.name, relay.learnt_rate)
    if relay.telling and finding is not None:
        systemalarm.relay_paused(relay.name, relay.host, finding)
    elif before is not None and before.paused_at is not None and relay.paused_at is None:
        systemalarm.relay_resumed(relay.name, relay.host)


def keep_connection(connection_id: str, evidence: ConnectionEvidence) -> None:
    """Keep what a connection showed."""
    with transaction.atomic():
        outbox.record_connection(connection_id, evidence)


def keep_probe(connection_id: str, evidence: ConnectionEvidence) -> None:
    """Keep what a look at a paused relay showed, and that it was looked at."""
    with transaction.atomic():
        outbox.record_connection(connection_id, evidence)
        operation.save_relay_probe(evidence.relay, now())


def remembered(names: Iterable[str]) -> dict[str, Remembered]:
    """What the store knows of relays, and of no others: what was said of those is over."""
    wanted = list(names)
    with transaction.atomic():
        for gone in operation.paused_relays(without=wanted):
            operation.save_relay_pause(
                gone, paused_at=None, code=None, facts={}, failures=0, probe_at=None
            )
            systemalarm.relay_resumed(gone, "")
    found: dict[str, Remembered] = {}
    for name in wanted:
        state = operation.relay_state(name)
        found[name] = Remembered(
            paused_at=state.paused_at if state is not None else None,
            probe_at=state.probe_at if state is not None else None,
            learnt_rate=state.learnt_rate if state is not None else None,
            usage=operation.relay_usage(name, now() - DAY),
        )
    return found


def responders(at: Instant) -> int:
    """How many responders share the relays now; one at least."""
    alive = models.RoleState.objects.filter(role="responder", heartbeat_at__gt=at - _ALIVE)
    return max(1, alive.count())


_ALIVE: Instant = 30_000_000
"""A responder that said nothing for so long (microseconds) sends nothing."""
