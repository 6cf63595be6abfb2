"""What the sender writes of its work: one transaction each, run in the store's thread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from django.db import transaction

from tocsin.base.clock import Instant
from tocsin.domain.delivery import ConnectionEvidence
from tocsin.engine.composing import Composer
from tocsin.store.queries import counters, operation, outbox
from tocsin.store.queries.outbox import Outcome, Outgoing


def _counted(deliveries: Sequence[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """How often each (kind, state) was entered, as counter names."""
    return Counter(
        ("tocsin_deliveries_total", f'kind="{kind}",state="{state}"') for kind, state in deliveries
    )


def claim(wanted: Sequence[tuple[str, str]], owner: str, until: Instant) -> set[str]:
    """Take deliveries, given as (id, kind), for sending; gives the ids that were still free."""
    with transaction.atomic():
        taken = outbox.claim([id_ for id_, _ in wanted], owner, until)
        counters.add(_counted([(kind, "sending") for id_, kind in wanted if id_ in taken]))
    return taken


def waiting(
    composer: Composer,
    now: Instant,
    limit: int,
    *,
    tests: bool = False,
    without: Collection[str] = (),
) -> list[Outgoing]:
    """What may be sent now; the composer fetches what it will need for it."""
    rows = outbox.waiting(now, limit, tests=tests, without=without)
    composer.load({one.configuration for one in rows})
    return rows


def release(ids: Sequence[str], owner: str) -> None:
    """Put claims back of which nothing reached the wire."""
    with transaction.atomic():
        released = outbox.release(ids, owner)
        counters.add(_counted([(kind, "queued") for kind in released]))


def record(
    outcomes: Sequence[Outcome], owner: str, *, accepted: str | None, ended_pause: bool
) -> None:
    """Write outcomes; `accepted` names the relay when it took one of the messages."""
    with transaction.atomic():
        outbox.record(outcomes, owner)
        counters.add(_counted([(one.kind, one.state.value) for one in outcomes]))
        if accepted is not None:
            operation.relay_accepted(accepted, outcomes[-1].finished_at)
            if ended_pause:
                operation.save_relay_state(
                    accepted, paused_at=None, code=None, facts={}, failures=0, probe_at=None
                )


def keep_connection(connection_id: str, evidence: ConnectionEvidence) -> None:
    """Keep what a connection showed."""
    with transaction.atomic():
        outbox.record_connection(connection_id, evidence)
