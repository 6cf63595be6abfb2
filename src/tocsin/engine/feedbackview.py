"""How feedback of Amazon SES comes in, and what of it could not be read: for whoever looks."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Sum

from tocsin.base.clock import DAY, SYSTEM_CLOCK, Clock, Instant, rfc3339
from tocsin.domain.alarm import AlarmState
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine.configuration import current
from tocsin.engine.errors import NotFound
from tocsin.engine.feedback import RECEIPTS_TOTAL
from tocsin.engine.page import Page
from tocsin.engine.sesalarm import FEEDBACK_KEY
from tocsin.ses.feedback import RECEIPT
from tocsin.store import models
from tocsin.store.queries import feedback as queries
from tocsin.store.queries.deliveries import first_id

_LATELY: Instant = DAY
_LONGEST_NUMBER = 18


@dataclass(frozen=True, slots=True)
class Topic:
    """An SNS topic taken apart: whose it is can be compared with what one knows."""

    arn: str
    region: str
    account: str
    name: str


@dataclass(frozen=True, slots=True)
class Channel:
    """One of the ways in. `name`: ``sqs``, ``sns`` or ``eventbridge``."""

    name: str
    last_at: Instant
    events: int
    """How many came in by it so far."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Nothing can be fetched from the queue, and an alarm says so."""

    alarm: str
    since: Instant
    code: str


@dataclass(frozen=True, slots=True)
class Incoming:
    """How feedback comes in now."""

    region: str | None
    """Of the document's ``ses``; None where there is no such part."""
    asks: bool
    """Whether there is a key that Amazon SES can be asked with."""
    queue: str | None
    """URL of the queue that is fetched from."""
    topics: tuple[Topic, ...]
    """Those that may send: named in the document, or confirmed by a person."""
    channels: tuple[Channel, ...]
    receipts: Mapping[str, int]
    """What was said of how many recipients of the mails of the last 24 hours."""
    waiting: int
    """Events of no delivery that is known yet."""
    trouble: Trouble | None

    @property
    def last_at(self) -> Instant | None:
        """When an event was taken last, by whichever way."""
        return max((one.last_at for one in self.channels), default=None)

    @property
    def is_set_up(self) -> bool:
        """Whether there is any way in, or ever was."""
        return bool(self.queue or self.topics or self.channels)


@dataclass(frozen=True, slots=True)
class KeptAside:
    """What came as feedback and could not be read."""

    id: str
    received_at: Instant
    channel: str
    reason: str
    body: str


def incoming(principal: Principal, *, clock: Clock = SYSTEM_CLOCK) -> Incoming:
    """How feedback comes in.

    Raises:
        NotPermitted: the role may not read.
    """
    require(principal, Permission.READ)
    ses = current().configuration.ses
    confirmed = models.SnsSubscription.objects.filter(confirmed_at__isnull=False)
    named = ses.topics if ses is not None else ()
    topics = dict.fromkeys((*named, *confirmed.order_by("topic").values_list("topic", flat=True)))
    said: Counter[str] = Counter()
    for standing, count in queries.standings_since(first_id(clock.now() - _LATELY)).items():
        said[RECEIPT[standing]] += count
    rows = models.FeedbackChannel.objects.order_by("channel")
    return Incoming(
        region=ses.region if ses is not None else None,
        asks=ses is not None and ses.secret_key is not None,
        queue=ses.queue if ses is not None else None,
        topics=tuple(map(topic_of, topics)),
        channels=tuple(Channel(row.channel, row.last_at, row.events) for row in rows),
        receipts={word: said[word] for word in ("arrived", "bounced", "complained")},
        waiting=models.FeedbackWaiting.objects.count(),
        trouble=_trouble(),
    )


def _trouble() -> Trouble | None:
    told = models.Alarm.objects.filter(dedup_key=FEEDBACK_KEY, state=AlarmState.ACTIVE.value)
    row = told.values_list("id", "received_at", "attributes").first()
    if row is None:
        return None
    return Trouble(row[0], row[1], str(json.loads(row[2]).get("code", "")))


def receipts_mark(principal: Principal) -> str:
    """Changes whenever what is known of some recipient does.

    Raises:
        NotPermitted: the role may not read.
    """
    require(principal, Permission.READ)
    counted = models.Counter.objects.filter(name=RECEIPTS_TOTAL)
    return str(counted.aggregate(Sum("value"))["value__sum"] or 0)


def topic_of(arn: str) -> Topic:
    """A topic by its ARN: ``arn:aws:sns:REGION:ACCOUNT:NAME``."""
    parts = arn.split(":", 5)
    if len(parts) < _ARN_PARTS:
        return Topic(arn, "", "", arn)
    return Topic(arn, parts[3], parts[4], parts[5])


_ARN_PARTS = 6


def list_kept(
    principal: Principal, *, cursor: str | None = None, limit: int = 50
) -> Page[KeptAside]:
    """What could not be read, the latest first.

    Raises:
        NotPermitted: the role may not read.
        NotFound: the cursor is of no list of ours.
    """
    require(principal, Permission.READ)
    found = models.FeedbackQuarantined.objects.order_by("-id")
    part = found
    if cursor is not None:
        if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= _LONGEST_NUMBER):
            raise NotFound("cursor", cursor)
        part = found.filter(id__lt=int(cursor))
    rows = list(part[: limit + 1])
    more = len(rows) > limit
    kept = [
        KeptAside(str(row.id), row.received_at, row.channel, row.reason, row.body)
        for row in rows[:limit]
    ]
    return Page(kept, kept[-1].id if more else None, found.count())


def every_kept(principal: Principal, *, limit: int | None = None) -> Iterator[KeptAside]:
    """All of it, the latest first, read in parts.

    Raises:
        NotPermitted: the role may not read.
    """
    cursor, left = None, limit
    while left is None or left > 0:
        size = _PART if left is None else min(left, _PART)
        page = list_kept(principal, cursor=cursor, limit=size)
        yield from page.items
        left = None if left is None else left - len(page.items)
        cursor = page.next
        if cursor is None:
            return


_PART = 200


def kept_json(one: KeptAside) -> dict[str, Any]:
    """What was kept aside in the shape that the API and ``--json`` give."""
    return {
        "id": one.id,
        "received_at": rfc3339(one.received_at),
        "channel": one.channel,
        "reason": one.reason,
        "body": one.body,
    }
