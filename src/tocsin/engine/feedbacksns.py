"""Feedback that SNS sends over HTTPS: believed when it is signed, fresh, new and asked for."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import orjson
import structlog
from django.db import transaction

from tocsin.base.clock import DAY, MINUTE, SYSTEM_CLOCK, Clock, Instant, rfc3339
from tocsin.base.ids import uuid7
from tocsin.central.configuration import Configuration
from tocsin.central.ses import is_loopback
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine import feedback
from tocsin.engine.configuration import current
from tocsin.engine.errors import Conflict, NotFound, Refused
from tocsin.engine.sesclient import wire_of
from tocsin.faults.fault import Finding
from tocsin.ses import sns
from tocsin.ses.envelope import unwrap_sns
from tocsin.ses.event import Malformed
from tocsin.ses.sns import Forged, SnsMessage
from tocsin.ses.wire import AwsFailure
from tocsin.store import models
from tocsin.store.queries import feedback as queries
from tocsin.trust.certificate import Certificate

_log = structlog.get_logger("feedback")

MOST_PENDING = 20
"""Topics that may wait for a person's word; more are refused, so that none fills the store."""
_KEPT: Instant = DAY
_MOST_CERTIFICATES = 16
_MOST_FETCHES = 10
"""Certificates that are fetched in a minute: forged messages make no traffic."""
_OK = 200
_CERT_READ_S = 10.0


class SnsAnswer(StrEnum):
    """What became of a message."""

    TAKEN = "taken"
    REPEATED = "repeated"
    """It was taken before; nothing was done."""
    PENDING = "pending"
    """A topic offers to send; a person must agree."""
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Subscription:
    """A topic that offered to send feedback."""

    id: str
    topic: str
    received_at: Instant
    confirmed_at: Instant | None
    confirmed_by: str | None


class _Certificates:
    """Signing certificates by their address, fetched when they are first met."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[Certificate, Instant]] = {}
        self._fetched: list[Instant] = []

    def get(self, configuration: Configuration, url: str, now: Instant) -> Certificate:
        """The certificate of that address.

        Raises:
            AwsFailure: it cannot be fetched now.
            Forged: it is none that SNS signs with.
        """
        with self._lock:
            known = self._known.get(url)
            if known is not None and 0 <= now - known[1] < _KEPT:
                sns.check_validity(known[0], now)
                return known[0]
            self._fetched = [at for at in self._fetched if 0 <= now - at < MINUTE]
            if len(self._fetched) >= _MOST_FETCHES:
                raise AwsFailure(Finding("aws.throttled", {"action": "SigningCertURL"}))
            self._fetched.append(now)
        answer = wire_of(configuration).ask("GET", url, read_s=_CERT_READ_S)
        if answer.status != _OK:
            reason = f"the signing certificate's address answered {answer.status}"
            raise AwsFailure(Finding("aws.unavailable", {"reason": reason}))
        found = sns.read_signer(answer.body, urlsplit(url).hostname or "", now)
        with self._lock:
            if len(self._known) >= _MOST_CERTIFICATES:
                self._known.pop(next(iter(self._known)))
            self._known[url] = found, now
        return found

    def clear(self) -> None:
        """Know none."""
        with self._lock:
            self._known.clear()
            self._fetched.clear()


certificates = _Certificates()


def take_sns(body: bytes, *, clock: Clock = SYSTEM_CLOCK) -> SnsAnswer:
    """Take a message as it came, from whoever sent it.

    Raises:
        Malformed: it is no message of SNS, or holds no event of SES.
        Forged: it is not believed.
        AwsFailure: the signing certificate cannot be fetched now.
        django.db.Error: nothing was stored.
    """
    message = _read(body)
    now = clock.now()
    configuration = current().configuration
    if configuration.ses is None:
        raise Forged("no feedback is asked for: ses is not configured")
    stand_in = _stand_in(configuration)
    sns.check_age(message, now)
    sns.check_cert_url(message.cert_url, stand_in)
    if message.type == "SubscriptionConfirmation":
        sns.check_subscribe_url(message.subscribe_url or "", stand_in)
        if message.region != configuration.ses.region:
            raise Forged("the topic is of another region than ses.region")
    elif not _is_known(configuration, message.topic):
        raise Forged("nobody agreed to feedback of this topic")
    signer = certificates.get(configuration, message.cert_url, now)
    sns.check_signature(message, signer)
    return _take(message, clock)


def _read(body: bytes) -> SnsMessage:
    try:
        return sns.read_message(orjson.loads(body))
    except orjson.JSONDecodeError:
        raise Malformed("is not JSON") from None


def _stand_in(configuration: Configuration) -> str | None:
    """The address on this machine that is taken for SNS in a test or rehearsal."""
    url = configuration.ses.endpoint_url if configuration.ses is not None else None
    return url if url is not None and is_loopback(urlsplit(url).hostname or "") else None


def _is_known(configuration: Configuration, topic: str) -> bool:
    if configuration.ses is not None and topic in configuration.ses.topics:
        return True
    return models.SnsSubscription.objects.filter(topic=topic, confirmed_at__isnull=False).exists()


def _take(message: SnsMessage, clock: Clock) -> SnsAnswer:
    at = clock.now()
    with transaction.atomic():
        if message.id not in queries.new_ids([message.id], at):
            return SnsAnswer.REPEATED
        if message.type == "SubscriptionConfirmation":
            return _offer(message, at)
        if message.type != "Notification":
            _log.warning("a topic ends its subscription", topic=message.topic)
            return SnsAnswer.IGNORED
        try:
            found = unwrap_sns(message.fields)
        except Malformed as problem:
            body = orjson.dumps(message.fields).decode()
            queries.quarantine([(str(problem), body)], "sns", at)
            return SnsAnswer.IGNORED
        if found.event is None:
            return SnsAnswer.IGNORED
        feedback.take_within([found.event], channel="sns", clock=clock)
    return SnsAnswer.TAKEN


def _offer(message: SnsMessage, at: Instant) -> SnsAnswer:
    waiting = models.SnsSubscription.objects.filter(confirmed_at__isnull=True)
    known = models.SnsSubscription.objects.filter(topic=message.topic).exists()
    url = message.subscribe_url or ""
    if not known and waiting.count() >= MOST_PENDING:
        raise Forged("too many topics wait for a person's word")
    models.SnsSubscription.objects.update_or_create(
        topic=message.topic,
        defaults={"url": url, "received_at": at},
        create_defaults={
            "id": uuid7(),
            "topic": message.topic,
            "url": url,
            "received_at": at,
        },
    )
    _log.info("a topic offers feedback; a person must agree", topic=message.topic)
    return SnsAnswer.PENDING


def list_subscriptions(principal: Principal) -> list[Subscription]:
    """Every topic that offered to send, the latest first.

    Raises:
        NotPermitted: the role may not read.
    """
    require(principal, Permission.READ)
    return [_view(row) for row in models.SnsSubscription.objects.order_by("-received_at", "id")]


def confirm_subscription(
    principal: Principal, id_: str, *, clock: Clock = SYSTEM_CLOCK
) -> Subscription:
    """Agree that a topic sends feedback, and tell SNS so.

    Raises:
        NotPermitted: the role may not.
        NotFound: no topic of that id offered to.
        Conflict: it is confirmed already.
        Refused: the finding says why SNS could not be told.
    """
    require(principal, Permission.ADMINISTER)
    row = _find(id_)
    if row.confirmed_at is not None:
        raise Conflict("this subscription is confirmed already")
    configuration = current().configuration
    try:
        sns.check_subscribe_url(row.url, _stand_in(configuration))
        answer = wire_of(configuration).ask("GET", row.url)
    except Forged as problem:
        raise Conflict(str(problem)) from None
    except AwsFailure as failure:
        raise Refused(failure.finding) from None
    if answer.status != _OK:
        facts = {"action": "sns:ConfirmSubscription", "reason": f"it answered {answer.status}"}
        raise Refused(Finding("aws.refused", facts))
    row.confirmed_at, row.confirmed_by = clock.now(), principal.name
    row.save(update_fields=["confirmed_at", "confirmed_by"])
    _log.info("subscription confirmed", topic=row.topic, by=principal.name)
    return _view(row)


def remove_subscription(principal: Principal, id_: str) -> None:
    """Take no more of a topic that is not in the document, and forget its offer.

    Raises:
        NotPermitted: the role may not.
        NotFound: no topic of that id offered to.
    """
    require(principal, Permission.ADMINISTER)
    _find(id_).delete()


def _find(id_: str) -> models.SnsSubscription:
    row = models.SnsSubscription.objects.filter(id=id_).first() if len(id_) <= _ID else None
    if row is None:
        raise NotFound("subscription", id_)
    return row


_ID = 36


def _view(row: models.SnsSubscription) -> Subscription:
    return Subscription(row.id, row.topic, row.received_at, row.confirmed_at, row.confirmed_by)


def subscription_json(one: Subscription) -> dict[str, Any]:
    """A subscription in the shape that the API gives."""
    return {
        "id": one.id,
        "topic": one.topic,
        "received_at": rfc3339(one.received_at),
        "confirmed_at": rfc3339(one.confirmed_at) if one.confirmed_at is not None else None,
        "confirmed_by": one.confirmed_by,
    }
