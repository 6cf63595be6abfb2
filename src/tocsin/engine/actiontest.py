"""Test Action: the way a real alarm goes, now, with an answer."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from tocsin.base.clock import Instant, now, rfc3339
from tocsin.base.ids import uuid7
from tocsin.domain.delivery import OPEN_STATES, DeliveryState, Recipient
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine import appliance, nudge
from tocsin.engine.configuration import current
from tocsin.engine.deliveries import AttemptView, DeliveryView, get_delivery
from tocsin.engine.deliveryjson import attempt_json
from tocsin.engine.errors import NotFound, RoleMissing
from tocsin.engine.kinds import ACTIONS
from tocsin.engine.response import Action, Response
from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Explained, Finding
from tocsin.store import models
from tocsin.store.queries import counters, decision
from tocsin.store.queries.decision import NewDelivery
from tocsin.store.queries.rows import alarm_to_dict

_LOOK_EVERY_S = 0.05
_SECOND: Instant = 1_000_000


@dataclass(frozen=True, slots=True)
class TestResult:
    """What a test found. `ok` is the relay's 250 after the final dot, nothing less."""

    __test__ = False

    delivery: DeliveryView
    attempt: AttemptView | None
    ok: bool
    explained: Explained | None


def test_action(principal: Principal, name: str, *, timeout: float = 120.0) -> TestResult:
    """Queue a test message by that action, wait for what becomes of it, and say so.

    Every stage on the way has its own deadline; `timeout` (seconds) is above their
    sum and only guards against a responder that ends meanwhile.

    Raises:
        NotPermitted: the role may not.
        NotFound: there is no such action.
        RoleMissing: no responder runs, so nothing would be sent.
    """
    require(principal, Permission.TEST_ACTIONS)
    latest = current()
    response = Response(latest.number, latest.configuration)
    action = _action(response, name)
    if not appliance.is_running("responder"):
        raise RoleMissing("responder")
    id_ = _queue_test(response, action, principal, timeout)
    nudge.wake("responder")
    deadline = time.monotonic() + timeout
    while True:
        state = DeliveryState(models.Delivery.objects.values_list("state", flat=True).get(id=id_))
        if state not in OPEN_STATES or time.monotonic() > deadline:
            return _result(get_delivery(principal, id_))
        time.sleep(_LOOK_EVERY_S)


def _queue_test(response: Response, action: Action, principal: Principal, timeout: float) -> str:
    id_ = uuid7()
    asked_at = now()
    sample = ACTIONS[action.kind].sample(asked_at)
    with transaction.atomic():
        decision.queue(
            [
                NewDelivery(
                    id=id_,
                    action=action.name,
                    kind=action.kind,
                    configuration=response.version,
                    severity=sample.severity.rank,
                    message_id=response.message_id(id_),
                    recipients=tuple(Recipient(address) for address in action.recipients),
                    queued_at=asked_at,
                    not_before=asked_at,
                    # Nobody looks at the answer later, so it must not go out later.
                    expires_at=asked_at + int(timeout) * _SECOND,
                    transitions=(),
                    sample=alarm_to_dict(sample),
                    asked_by=principal.name,
                )
            ]
        )
        counters.add_deliveries([(action.kind, "queued")], asked_at)
    return id_


def _result(delivery: DeliveryView) -> TestResult:
    attempt = delivery.attempts[-1] if delivery.attempts else None
    ok = delivery.state is DeliveryState.DELIVERED
    explained = attempt.explained if attempt is not None else None
    if not ok and explained is None:
        explained = explain(Finding("smtp.timeout", {"stage": delivery.state.value}))
    return TestResult(delivery, attempt, ok, explained)


def _action(response: Response, name: str) -> Action:
    action = response.actions.get(name)
    if action is None:
        raise NotFound("action", name)
    return action


def result_json(result: TestResult) -> dict[str, Any]:
    """The result in the shape that the API and ``--json`` give."""
    told = result.explained
    base = (
        attempt_json(result.attempt)
        if result.attempt is not None
        else {"message_id": result.delivery.message_id, "transcript": [], "chain": []}
    )
    return {
        **base,
        "ok": result.ok,
        "code": told.code if told else None,
        "title": told.title if told else None,
        "cause": told.cause if told else None,
        "fix": list(told.fix) if told else [],
        "delivery": result.delivery.id,
        "queued_at": rfc3339(result.delivery.queued_at),
    }
