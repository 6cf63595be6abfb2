"""Feedback that EventBridge, or a program of one's own, sends to the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine import feedback
from tocsin.engine.reporting import problem_json
from tocsin.intake.http import FieldError
from tocsin.ses.envelope import Unwrapped, unwrap_object
from tocsin.ses.event import Malformed

MOST = 10_000


@dataclass(frozen=True, slots=True)
class EventResult:
    """What became of one event: why it was refused; None when it was taken."""

    problem: str | None = None


def take_events(principal: Principal, payload: object) -> list[EventResult]:
    """Take one event or an array of them; gives one result each, in order.

    Raises:
        NotPermitted: the role may not send alarms in.
        django.db.Error: nothing was stored.
    """
    require(principal, Permission.REPORT_ALARMS)
    given = payload if isinstance(payload, list) else [payload]
    if len(given) > MOST:
        return [EventResult(f"has {len(given)} events; at most {MOST} at once")]
    read = [_read(one) for one in given]
    events = [one.event for one in read if isinstance(one, Unwrapped) and one.event is not None]
    if events:
        feedback.take(events, channel="eventbridge")
    return [EventResult(one if isinstance(one, str) else None) for one in read]


def _read(one: object) -> Unwrapped | str:
    try:
        return unwrap_object(one)
    except Malformed as problem:
        return str(problem)


def result_json(result: EventResult) -> dict[str, Any]:
    """A result in the API's shape."""
    if result.problem is None:
        return {"ok": True}
    return {"ok": False, "problem": problem_json((FieldError("", result.problem, ""),))}
