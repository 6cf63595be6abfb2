"""Looking at deliveries, at what they tell and at the evidence of each attempt."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from django.db.models import QuerySet

from tocsin.base.clock import Instant
from tocsin.domain.delivery import DeliveryState, Exchange, HoldReason, Recipient
from tocsin.domain.principal import Permission, Principal, require
from tocsin.domain.severity import Severity
from tocsin.engine.errors import NotFound
from tocsin.engine.page import Page
from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Explained, Finding
from tocsin.ses.feedback import RECEIPT, Receipt
from tocsin.ses.feedback import explain as explain_receipt
from tocsin.store import models
from tocsin.store.queries import deliveries as queries
from tocsin.store.queries import feedback
from tocsin.store.queries.rows import (
    recipients_from_json,
    transcript_from_json,
)
from tocsin.trust.certificate import Certificate, parse_certificate

_ID = re.compile(r"[0-9a-f-]{36}")

_WORST_FIRST = ("bounced", "complained", "arrived")

ALARMS_AT_HAND = 20
"""Of a digest that tells more alarms, a view names the first ones; `told.list_told` has all."""


class ReceiptFilter(StrEnum):
    """What was said later of a recipient, as a condition on deliveries."""

    ARRIVED = "arrived"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    NONE = "none"
    """Nothing of these was said of any recipient."""


_STANDINGS: dict[ReceiptFilter, list[str]] = {
    word: [standing.value for standing, told in RECEIPT.items() if told == word.value]
    for word in ReceiptFilter
    if word is not ReceiptFilter.NONE
}
_SAYING = [standing for told in _STANDINGS.values() for standing in told]


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Conditions on a list of deliveries; all that are given must hold."""

    state: DeliveryState | None = None
    action: str | None = None
    alarm: str | None = None
    """Id of an alarm that it tells of."""
    test: bool | None = None
    code: str | None = None
    maybe_twice: bool | None = None
    text: str | None = None
    """Stands in a recipient or in what the relay said of it; or the id, or the Message-ID."""
    since: Instant | None = None
    receipt: ReceiptFilter | None = None


@dataclass(frozen=True, slots=True)
class FullHandshake:
    """The connection whose full handshake a resumed session rests on."""

    id: str
    opened_at: Instant
    address: str | None
    tls_version: str | None
    cipher: str | None


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
    rests_on: FullHandshake | None = None
    """Of a resumed session, where that connection is still known."""


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """A delivery; `attempts` is filled only where one is looked at alone.

    Of a digest, `alarms` names the first ones that it tells; `told` counts all, and is 0
    for a test.
    """

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
    told: int
    hold: HoldReason | None
    """Why it is held; None when it is not."""
    held_by: str | None
    attempts: tuple[AttemptView, ...] = ()

    @property
    def receipts(self) -> tuple[tuple[str, int], ...]:
        """What was said later of how many recipients: (receipt, count), the worst first."""
        said = Counter(one.receipt for one in self.recipients)
        return tuple((word, said[word]) for word in _WORST_FIRST if said[word])


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
    found = queries.matching(
        state=wanted.state.value if wanted.state else None,
        action=wanted.action,
        alarm=wanted.alarm,
        test=wanted.test,
        code=wanted.code,
        maybe_twice=wanted.maybe_twice,
        text=wanted.text,
        since=wanted.since,
        standings=_STANDINGS.get(wanted.receipt) if wanted.receipt else None,
        unsaid=_SAYING if wanted.receipt is ReceiptFilter.NONE else None,
    )
    if cursor and _ID.fullmatch(cursor) is None:
        raise NotFound("cursor", cursor)
    part = found.filter(id__lt=cursor) if cursor else found
    rows = list(part.order_by("-id")[: limit + 1])
    more = len(rows) > limit
    # What is whole needs no second look at everything to be counted.
    total = found.count() if more or cursor else len(rows)
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
    (view,) = views_of([find(id_)])
    return with_attempts([view])[0]


def counts(principal: Principal) -> dict[DeliveryState, int]:
    """How many deliveries are in each state now."""
    require(principal, Permission.READ)
    found = queries.counts_by_state()
    return {state: found.get(state.value, 0) for state in DeliveryState}


def find(id_: str) -> models.Delivery:
    """The row of a delivery.

    Raises:
        NotFound: there is none of that id.
    """
    row = models.Delivery.objects.filter(id=id_).first() if _ID.fullmatch(id_) else None
    if row is None:
        raise NotFound("delivery", id_)
    return row


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
    """Views of these rows, with the alarms that each tells of, as far as they are at hand."""
    told: dict[str, list[tuple[str, str]]] = defaultdict(list)
    few = [row.id for row in rows if row.told <= ALARMS_AT_HAND]
    for delivery, alarm, type_ in _tellings(delivery__in=few):
        told[delivery].append((alarm, type_))
    for row in rows:
        if row.told > ALARMS_AT_HAND:
            first = _tellings(delivery=row.id)[:ALARMS_AT_HAND]
            told[row.id] = [(alarm, type_) for _, alarm, type_ in first]
    return _with_receipts([_view(row, told[row.id]) for row in rows])


def _with_receipts(views: Sequence[DeliveryView]) -> list[DeliveryView]:
    """The same views with what is known by now of each recipient."""
    known = feedback.receipts_of([view.id for view in views])
    if not known:
        return list(views)
    return [
        replace(view, recipients=tuple(_told_of(view.id, one, known) for one in view.recipients))
        for view in views
    ]


def _told_of(delivery: str, one: Recipient, known: Mapping[feedback.Key, Receipt]) -> Recipient:
    found = known.get((delivery, one.address))
    if found is None:
        return one
    return replace(
        one,
        receipt=RECEIPT[found.standing],
        receipt_at=found.at,
        receipt_words=explain_receipt(found),
    )


def receipt_word(one: Recipient) -> str:
    """The receipt as people read it, where something was said of the recipient."""
    return one.receipt if one.receipt != ReceiptFilter.NONE else "delayed"


def _tellings(**which: Any) -> QuerySet[models.Telling, tuple[str, str, str]]:
    return (
        models.Telling.objects.filter(**which)
        .order_by("id")
        .values_list("delivery_id", "transition__alarm_id", "transition__alarm__type")
    )


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
        told=row.told,
        hold=HoldReason(row.hold) if row.hold else None,
        held_by=row.held_by,
    )


def with_attempts(views: Sequence[DeliveryView]) -> list[DeliveryView]:
    """The same views with their attempts, oldest first."""
    found: dict[str, list[AttemptView]] = defaultdict(list)
    message_ids = {view.id: view.message_id for view in views}
    rows = list(
        models.Attempt.objects.filter(delivery__in=list(message_ids))
        .select_related("connection")
        .order_by("number", "id")
    )
    handshakes = _handshakes(row.connection.rests_on for row in rows if row.connection)
    for row in rows:
        found[row.delivery_id].append(_attempt(row, message_ids[row.delivery_id], handshakes))
    return [replace(view, attempts=tuple(found[view.id])) for view in views]


def _handshakes(ids: Iterable[str | None]) -> dict[str, FullHandshake]:
    rows = models.Connection.objects.filter(id__in={one for one in ids if one is not None})
    names = ("id", "opened_at", "address", "tls_version", "cipher")
    return {row[0]: FullHandshake(*row) for row in rows.values_list(*names)}


def _attempt(
    row: models.Attempt, message_id: str, handshakes: Mapping[str, FullHandshake]
) -> AttemptView:
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
        rests_on=handshakes.get(over.rests_on) if over and over.rests_on else None,
    )
