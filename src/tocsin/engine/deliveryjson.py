"""Deliveries and their attempts in the shape that the API and ``--json`` give."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tocsin.base.clock import rfc3339
from tocsin.domain.delivery import Exchange
from tocsin.engine.deliveries import AttemptView, DeliveryView, FullHandshake


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
        "rests_on": _handshake_json(attempt.rests_on),
        "message_id": attempt.message_id,
        "reply": attempt.reply,
        "transcript": _transcript(attempt.connection_transcript + attempt.transcript),
    }


def _handshake_json(rests_on: FullHandshake | None) -> dict[str, Any] | None:
    if rests_on is None:
        return None
    return {
        "connection": rests_on.id,
        "opened_at": rfc3339(rests_on.opened_at),
        "address": rests_on.address,
        "tls_version": rests_on.tls_version,
        "cipher": rests_on.cipher,
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
        "told": view.told,
        "recipients": [
            {
                "address": one.address,
                "state": one.state.value,
                "reply": one.reply,
                "receipt": one.receipt,
                "receipt_at": rfc3339(one.receipt_at) if one.receipt_at is not None else None,
                "receipt_words": one.receipt_words,
            }
            for one in view.recipients
        ],
        "state": view.state.value,
        "hold": view.hold.value if view.hold else None,
        "held_by": view.held_by,
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
