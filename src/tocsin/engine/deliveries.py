"""Looking at deliveries and their evidence; trying again, giving up."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.db.models import Count

from tocsin.base.clock import HOUR, Instant, now, rfc3339
from tocsin.domain.delivery import DeliveryState, Exchange, Recipient
from tocsin.domain.principal import Permission, Principal, require
from tocsin.domain.severity import Severity
from tocsin.engine import nudge
from tocsin.engine.errors import Conflict, NotFound
from tocsin.engine.page import Page
from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Explained, Finding
from tocsin.store import models
from tocsin.store.queries import counters
from tocsin.store.queries.rows import recipients_from_json, transcript_from_json
from tocsin.trust.certificate import Certificate, parse_certificate

_ID = re.compile(r"[0-9a-f-]{36}")

RETRY_FOR: Instant = 24 * HOUR
"""How long a delivery that a person set going again is tried for."""


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Conditions on a list of deliveries; all that are given must hold."""

    state: DeliveryState | None = None
    action: str | None = None
    alarm: str | None = None
    """Id of an alarm that it tells of."""
    test: bool | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class AttemptView:
    """One attempt with the connection that it went over."""

    number: int
    started_at: Instant
    finished_at: Instant
    ok: bool
    in_doubt: bool
    explained: Explained | None
    reply: str | None
    relay: str | None
    host: str | None
    port: int | None
    address: str | None
    tls_version: str | None
    cipher: str | None
    chain: tuple[str, ...]
    resumed: bool
    connection_transcript: tuple[Exchange, ...]
    transcript: tuple[Exchange, ...]
    message_id: str


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """A delivery; `attempts` is filled only where one is looked at alone."""

    id: str
    action: str
    kind: str
    configuration: int
    state: DeliveryState
    severity: Severity
    message_id: str
    recipients: tuple[Recipient, ...]
    queued_at: Instant
    not_before: Instant
    expires_at: Instant
    delivered_at: Instant | None
    finished_at: Instant | None
    maybe_twice: bool
    code: str | None
    alarms: tuple[str, ...]
    alarm_types: tuple[str, ...]
    is_test: bool
    asked_by: str | None
    attempts_count: int
    attempts: tuple[AttemptView, ...] = ()


def list_deliveries(
    principal: Principal,
    wanted: DeliveryFilter,
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[DeliveryView]:
    """Deliveries, newest first.

    Raises:
        NotPermitted: the role may not read.
        NotFound: the cursor is of no list of ours.
    """
    require(principal, Permission.READ)
    found = models.Delivery.objects.all()
    if wanted.state is not None:
        found = found.filter(state=wanted.state.value)
    if wanted.action is not None:
        found = found.filter(action=wanted.action)
    if wanted.alarm is not None:
        found = found.filter(tellings__transition__alarm_id=wanted.alarm)
    if wanted.test is not None:
        found = found.filter(sample__isnull=not wanted.test)
    if wanted.code is not None:
        found = found.filter(code=wanted.code)
    total = found.count()
    if cursor:
        if _ID.fullmatch(cursor) is None:
            raise NotFound("cursor", cursor)
        found = found.filter(id__lt=cursor)
    rows = list(found.order_by("-id")[: limit + 1])
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(views_of(rows), rows[-1].id if more else None, total)


def every_delivery(
    principal: Principal, wanted: DeliveryFilter, *, limit: int | None = None
) -> Iterator[DeliveryView]:
    """All deliveries that match with their attempts, newest first, read in parts.

    Raises:
        NotPermitted: the role may not read.
    """
    cursor, left = None, limit
    while left is None or left > 0:
        size = 500 if left is None else min(left, 500)
        page = list_deliveries(principal, wanted, cursor=cursor, limit=size)
        yield from with_attempts(page.items)
        left = None if left is None else left - len(page.items)
        cursor = page.next
        if cursor is None:
            return


def get_delivery(principal: Principal, id_: str) -> DeliveryView:
    """One delivery with every attempt.

    Raises:
        NotPermitted: the role may not read.
        NotFound: there is none of that id.
    """
    require(principal, Permission.READ)
    row = _row(id_)
    (view,) = views_of([row])
    return with_attempts([view])[0]


def counts(principal: Principal) -> dict[DeliveryState, int]:
    """How many deliveries are in each state now."""
    require(principal, Permission.READ)
    found = dict(models.Delivery.objects.values_list("state").annotate(Count("id")))
    return {state: found.get(state.value, 0) for state in DeliveryState}


def retry(principal: Principal, id_: str) -> DeliveryView:
    """Set a delivery going again, at once, to the recipients that did not get it.

    Raises:
        NotPermitted: the role may not.
        NotFound: there is none of that id.
        Conflict: it was delivered, is under way, or was a test.
    """
    require(principal, Permission.TEST_ACTIONS)
    row = _row(id_)
    if row.sample is not None:
        raise Conflict("a test is not sent again; run Test Action once more")
    _move(
        id_,
        from_states=(
            DeliveryState.FAILED,
            DeliveryState.CANCELLED,
            DeliveryState.UNKNOWN,
            DeliveryState.HELD,
            DeliveryState.RETRYING,
        ),
        kind=row.kind,
        state=DeliveryState.QUEUED,
        not_before=now(),
        expires_at=now() + RETRY_FOR,
        finished_at=None,
        maybe_twice=row.maybe_twice or row.state == DeliveryState.UNKNOWN.value,
    )
    nudge.wake("responder")
    return get_delivery(principal, id_)


def cancel(principal: Principal, id_: str) -> DeliveryView:
    """Give a delivery up that still waits.

    Raises:
        NotPermitted: the role may not.
        NotFound: there is none of that id.
        Conflict: it is over, or under way just now.
    """
    require(principal, Permission.TEST_ACTIONS)
    row = _row(id_)
    _move(
        id_,
        from_states=(DeliveryState.QUEUED, DeliveryState.RETRYING, DeliveryState.HELD),
        kind=row.kind,
        state=DeliveryState.CANCELLED,
        finished_at=now(),
    )
    return get_delivery(principal, id_)


def _row(id_: str) -> models.Delivery:
    row = models.Delivery.objects.filter(id=id_).first() if _ID.fullmatch(id_) else None
    if row is None:
        raise NotFound("delivery", id_)
    return row


def _move(
    id_: str,
    *,
    from_states: Sequence[DeliveryState],
    kind: str,
    state: DeliveryState,
    **changes: Any,
) -> None:
    with transaction.atomic():
        moved = models.Delivery.objects.filter(
            id=id_, state__in=[one.value for one in from_states]
        ).update(state=state.value, **changes)
        if not moved:
            is_ = models.Delivery.objects.values_list("state", flat=True).get(id=id_)
            wanted = ", ".join(from_states)
            raise Conflict(f"the delivery is {is_}; this can be done while it is one of: {wanted}")
        counters.add({("tocsin_deliveries_total", f'kind="{kind}",state="{state}"'): 1})


def certificate(principal: Principal, sha256: str) -> Certificate:
    """A certificate that some relay presented.

    Raises:
        NotPermitted: the role may not read.
        NotFound: none of that fingerprint was ever presented.
    """
    require(principal, Permission.READ)
    row = models.SeenCertificate.objects.filter(sha256=sha256).first()
    if row is None:
        raise NotFound("certificate", sha256)
    return parse_certificate(bytes(row.der))


def views_of(rows: Sequence[models.Delivery]) -> list[DeliveryView]:
    """Views of these rows, with the alarms that each tells of."""
    told: dict[str, list[tuple[str, str]]] = defaultdict(list)
    ids = [row.id for row in rows]
    for delivery, alarm, type_ in models.Telling.objects.filter(delivery__in=ids).values_list(
        "delivery_id", "transition__alarm_id", "transition__alarm__type"
    ):
        told[delivery].append((alarm, type_))
    return [_view(row, told[row.id]) for row in rows]


def _view(row: models.Delivery, told: Sequence[tuple[str, str]]) -> DeliveryView:
    types = [type_ for _, type_ in told]
    if row.sample is not None:
        types = [json.loads(row.sample)["type"]]
    return DeliveryView(
        id=row.id,
        action=row.action,
        kind=row.kind,
        configuration=row.configuration,
        state=DeliveryState(row.state),
        severity=Severity.of_rank(row.severity),
        message_id=row.message_id,
        recipients=recipients_from_json(row.recipients),
        queued_at=row.queued_at,
        not_before=row.not_before,
        expires_at=row.expires_at,
        delivered_at=row.delivered_at,
        finished_at=row.finished_at,
        maybe_twice=row.maybe_twice,
        code=row.code,
        alarms=tuple(dict.fromkeys(alarm for alarm, _ in told)),
        alarm_types=tuple(dict.fromkeys(types)),
        is_test=row.sample is not None,
        asked_by=row.asked_by,
        attempts_count=row.attempts,
    )


def with_attempts(views: Sequence[DeliveryView]) -> list[DeliveryView]:
    """The same views with their attempts, oldest first."""
    found: dict[str, list[AttemptView]] = defaultdict(list)
    message_ids = {view.id: view.message_id for view in views}
    rows = (
        models.Attempt.objects.filter(delivery__in=list(message_ids))
        .select_related("connection")
        .order_by("number", "id")
    )
    for row in rows:
        found[row.delivery_id].append(_attempt(row, message_ids[row.delivery_id]))
    return [replace(view, attempts=tuple(found[view.id])) for view in views]


def _attempt(row: models.Attempt, message_id: str) -> AttemptView:
    over = row.connection
    return AttemptView(
        number=row.number,
        started_at=row.started_at,
        finished_at=row.finished_at,
        ok=row.ok,
        in_doubt=row.in_doubt,
        explained=explain(Finding(row.code, json.loads(row.facts))) if row.code else None,
        reply=row.reply,
        relay=over.relay if over else None,
        host=over.host if over else None,
        port=over.port if over else None,
        address=over.address if over else None,
        tls_version=over.tls_version if over else None,
        cipher=over.cipher if over else None,
        chain=tuple(json.loads(over.chain)) if over else (),
        resumed=over.resumed if over else False,
        connection_transcript=transcript_from_json(over.transcript) if over else (),
        transcript=transcript_from_json(row.transcript),
        message_id=message_id,
    )


def attempt_json(attempt: AttemptView) -> dict[str, Any]:
    """An attempt in the shape that the API and ``--json`` give."""
    told = attempt.explained
    return {
        "number": attempt.number,
        "started_at": rfc3339(attempt.started_at),
        "finished_at": rfc3339(attempt.finished_at),
        "ok": attempt.ok,
        "in_doubt": attempt.in_doubt,
        "code": told.code if told else None,
        "title": told.title if told else None,
        "cause": told.cause if told else None,
        "fix": list(told.fix) if told else [],
        "relay": f"{attempt.host}:{attempt.port}" if attempt.host else attempt.relay,
        "address": attempt.address,
        "tls_version": attempt.tls_version,
        "cipher": attempt.cipher,
        "chain": list(attempt.chain),
        "resumed": attempt.resumed,
        "message_id": attempt.message_id,
        "reply": attempt.reply,
        "transcript": _transcript(attempt.connection_transcript + attempt.transcript),
    }


def _transcript(lines: Iterable[Exchange]) -> list[dict[str, Any]]:
    return [
        {"at": one.at, "step": one.step, "sent": one.sent, "received": one.received}
        for one in lines
    ]


def delivery_json(view: DeliveryView) -> dict[str, Any]:
    """A delivery in the shape that the API and ``--json`` give."""
    return {
        "id": view.id,
        "action": view.action,
        "kind": view.kind,
        "configuration": view.configuration,
        "alarms": list(view.alarms),
        "recipients": [
            {
                "address": one.address,
                "state": one.state.value,
                "reply": one.reply,
                "receipt": one.receipt,
            }
            for one in view.recipients
        ],
        "state": view.state.value,
        "severity": view.severity.value,
        "message_id": view.message_id,
        "queued_at": rfc3339(view.queued_at),
        "not_before": rfc3339(view.not_before),
        "expires_at": rfc3339(view.expires_at),
        "delivered_at": rfc3339(view.delivered_at) if view.delivered_at else None,
        "finished_at": rfc3339(view.finished_at) if view.finished_at else None,
        "maybe_twice": view.maybe_twice,
        "code": view.code,
        "test": view.is_test,
        "attempts": [attempt_json(one) for one in view.attempts],
    }
