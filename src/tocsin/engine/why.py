"""For one alarm: which rules matched or not and why, and what became of each delivery."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from tocsin.base.clock import Instant, rfc3339
from tocsin.domain.alarm import Alarm, AlarmState, TransitionKind
from tocsin.domain.delivery import DeliveryState, HoldReason
from tocsin.domain.principal import Permission, Principal, require
from tocsin.domain.severity import Severity
from tocsin.engine.alarms import AlarmView, alarm_json, get_alarm
from tocsin.engine.configuration import current, version
from tocsin.engine.deliveries import DeliveryView, receipt_word, views_of, with_attempts
from tocsin.engine.deliveryjson import delivery_json
from tocsin.engine.response import Response
from tocsin.store import models
from tocsin.store.queries.decision import Undecided


@dataclass(frozen=True, slots=True)
class RuleWhy:
    """One rule's verdict about one transition."""

    rule: str
    matched: bool
    reasons: tuple[str, ...]
    actions: tuple[str, ...]


class Manner(StrEnum):
    """How a transition is told."""

    ALONE = "alone"
    """In a mail of its own."""
    GATHERING = "gathering"
    """In a digest that waits for more."""
    DIGEST = "digest"
    """In a digest that gathers no more."""


@dataclass(frozen=True, slots=True)
class TellingWhy:
    """In which company a transition is told by one delivery."""

    delivery: str
    action: str
    manner: Manner
    others: int
    """How many other transitions the same mail tells, so far."""
    until: Instant | None
    """When the digest goes out that gathers."""


@dataclass(frozen=True, slots=True)
class TransitionWhy:
    """One transition, what the rules said of it, and what was told."""

    kind: TransitionKind
    at: Instant
    severity: Severity
    decided_at: Instant | None
    configuration: int
    """The version that decided; the present one while it is undecided."""
    held: str
    rules: tuple[RuleWhy, ...]
    deliveries: tuple[DeliveryView, ...]

    @property
    def tellings(self) -> tuple[TellingWhy, ...]:
        """How each of the deliveries tells it, in their order."""
        return tuple(telling(one) for one in self.deliveries)


@dataclass(frozen=True, slots=True)
class Why:
    """The whole answer."""

    alarm: AlarmView
    transitions: tuple[TransitionWhy, ...]


def why(principal: Principal, alarm_id: str) -> Why:
    """Why somebody was told of an alarm, or nobody.

    Rules are asked again, under the version that decided: they are pure, so the
    answer is the one that was given then.

    Raises:
        NotPermitted: the role may not read.
        NotFound: there is no such alarm.
    """
    require(principal, Permission.READ)
    view = get_alarm(principal, alarm_id)
    rows = list(models.Transition.objects.filter(alarm_id=alarm_id).order_by("id"))
    told = _deliveries([row.id for row in rows])
    responses: dict[int, Response] = {}
    found: list[TransitionWhy] = []
    for row in rows:
        number = row.configuration if row.configuration is not None else current().number
        if number not in responses:
            responses[number] = Response(number, version(number).configuration)
        found.append(_transition(view.alarm, row, responses[number], told[row.id]))
    return Why(view, tuple(found))


def _transition(
    alarm: Alarm, row: models.Transition, response: Response, told: list[DeliveryView]
) -> TransitionWhy:
    judged = replace(
        alarm,
        severity=Severity.of_rank(row.severity),
        state=AlarmState(row.state),
        count=row.count,
        last_seen_at=row.last_seen_at,
        ended_at=row.ended_at,
    )
    one = Undecided(row.id, TransitionKind(row.kind), judged, row.held)
    asked: dict[str, list[str]] = dict(json.loads(row.matched))
    if row.decided_at is None:
        asked = {match.rule: list(match.actions) for match in response.match(one)}
    return TransitionWhy(
        kind=one.kind,
        at=row.at,
        severity=judged.severity,
        decided_at=row.decided_at,
        configuration=response.version,
        held=row.held,
        rules=tuple(
            RuleWhy(
                verdict.rule,
                verdict.matched,
                tuple(verdict.reasons),
                tuple(asked.get(verdict.rule, ())),
            )
            for verdict in response.explain(one)
        ),
        deliveries=tuple(told),
    )


def _deliveries(transitions: list[int]) -> defaultdict[int, list[DeliveryView]]:
    pairs = list(
        models.Telling.objects.filter(transition__in=transitions).values_list(
            "transition_id", "delivery_id"
        )
    )
    rows = models.Delivery.objects.filter(id__in=[delivery for _, delivery in pairs])
    views = {view.id: view for view in with_attempts(views_of(list(rows)))}
    told: defaultdict[int, list[DeliveryView]] = defaultdict(list)
    for transition, delivery in sorted(pairs):
        told[transition].append(views[delivery])
    return told


def telling(delivery: DeliveryView) -> TellingWhy:
    """How a delivery tells each of its transitions."""
    manner = Manner.DIGEST if delivery.told > 1 else Manner.ALONE
    if delivery.state is DeliveryState.HELD and delivery.hold is HoldReason.GATHERING:
        manner = Manner.GATHERING
    return TellingWhy(
        delivery=delivery.id,
        action=delivery.action,
        manner=manner,
        others=max(delivery.told - 1, 0),
        until=delivery.not_before if manner is Manner.GATHERING else None,
    )


def why_json(answer: Why) -> dict[str, Any]:
    """The answer in the shape that the API and ``--json`` give."""
    return {
        "alarm": alarm_json(answer.alarm),
        "transitions": [
            {
                "kind": one.kind.value,
                "at": rfc3339(one.at),
                "severity": one.severity.value,
                "decided_at": rfc3339(one.decided_at) if one.decided_at else None,
                "configuration": one.configuration,
                "held": one.held or None,
                "rules": [
                    {
                        "rule": rule.rule,
                        "matched": rule.matched,
                        "reasons": list(rule.reasons),
                        "actions": list(rule.actions),
                    }
                    for rule in one.rules
                ],
                "told": [
                    {
                        "delivery": each.delivery,
                        "action": each.action,
                        "manner": each.manner.value,
                        "others": each.others,
                        "until": rfc3339(each.until) if each.until else None,
                    }
                    for each in one.tellings
                ],
                "deliveries": [delivery_json(delivery) for delivery in one.deliveries],
            }
            for one in answer.transitions
        ],
    }


def why_text(answer: Why) -> str:
    """The answer for a person at a terminal."""
    alarm = answer.alarm.alarm
    lines = [f"{alarm.severity} {alarm.type} ({alarm.id}), {alarm.state}, {alarm.count} reports"]
    for one in answer.transitions:
        decided = (
            f"decided under version {one.configuration}"
            if one.decided_at is not None
            else f"not decided yet; version {one.configuration} would"
        )
        lines.append(f"{rfc3339(one.at)} {one.kind} as {one.severity}: {decided}")
        if one.held:
            lines.append(f"  held: {one.held}")
        for rule in one.rules:
            word = "matched" if rule.matched else "did not match"
            lines.append(f"  rule {rule.rule}: {word} ({'; '.join(rule.reasons)})")
            if rule.matched and not rule.actions:
                lines.append("    it names no action for this transition")
        for delivery in one.deliveries:
            lines += [f"    {line}" for line in _delivery_lines(delivery)]
    return "\n".join(lines)


def _delivery_lines(delivery: DeliveryView) -> list[str]:
    addresses = ", ".join(one.address for one in delivery.recipients)
    twice = ", may have arrived twice" if delivery.maybe_twice else ""
    manner = _manner_words(telling(delivery))
    lines = [f"{delivery.action} to {addresses}: {delivery.state}, {manner}{twice} ({delivery.id})"]
    lines += [
        f"  {one.address} {receipt_word(one)}: {one.receipt_words}"
        for one in delivery.recipients
        if one.receipt_words
    ]
    for attempt in delivery.attempts:
        said = attempt.reply or (attempt.explained.cause if attempt.explained else "")
        code = f" [{attempt.explained.code}]" if attempt.explained else ""
        lines.append(f"  {rfc3339(attempt.finished_at)} attempt {attempt.number}{code}: {said}")
    return lines


def _manner_words(told: TellingWhy) -> str:
    if told.manner is Manner.ALONE:
        return "in a mail of its own"
    others = f"{told.others:,} other{'' if told.others == 1 else 's'}"
    if told.until is None:
        return f"in a digest with {others}"
    return f"gathers until {rfc3339(told.until)}, in a digest with {others} so far"
