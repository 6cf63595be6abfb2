"""Response management of one configuration version, compiled once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.base.clock import HOUR, SECOND, Instant
from tocsin.central.configuration import Configuration
from tocsin.channels.group import Group, key_of
from tocsin.domain.alarm import Alarm
from tocsin.domain.delivery import HoldReason, Recipient
from tocsin.engine import kinds
from tocsin.rules.match import Match, RuleSet, RuleVerdict, compile_rules
from tocsin.store.queries.decision import NewDelivery, Undecided


@dataclass(frozen=True, slots=True)
class Action:
    """A response action as its version has it."""

    name: str
    kind: str
    enabled: bool
    recipients: tuple[str, ...]
    settings: Any
    """The kind's own settings."""
    group: Group | None = None
    """What is told together in a storm; None: every transition by itself."""
    ceiling: int | None = None
    """How many mails it may make in any hour."""

    @property
    def addressed(self) -> tuple[Recipient, ...]:
        """The recipients as a new delivery has them."""
        return tuple(Recipient(address) for address in self.recipients)

    @property
    def gathers(self) -> bool:
        """Whether it may tell several transitions together."""
        return self.group is not None or self.ceiling is not None

    @property
    def window(self) -> Instant:
        """How long a group's alarms are gathered."""
        return self.group.window_s * SECOND if self.group is not None else 0

    def key(self, alarm: Alarm, rule: str) -> str | None:
        """What the alarms of one group have in common; None when each is told by itself."""
        return key_of(self.group, alarm, rule) if self.group is not None else None


class Response:
    """Rules and actions of one version."""

    def __init__(self, version: int, configuration: Configuration) -> None:
        self.version = version
        self.configuration = configuration
        self.actions: Mapping[str, Action] = {
            one.name: _action(one) for one in configuration.actions
        }
        self.longest_window = max((one.window for one in self.actions.values()), default=0)
        self._rules: RuleSet = compile_rules([kinds.rule_of(one) for one in configuration.rules])
        self._domain = _domain(configuration)
        self._keep_trying: Instant = configuration.outbox.keep_trying_h * HOUR

    def match(self, one: Undecided) -> Sequence[Match]:
        """The rules that match a transition, with the actions each asks for."""
        return self._rules.match(one.alarm, one.kind)

    def explain(self, one: Undecided) -> Sequence[RuleVerdict]:
        """For every rule whether it matches, and why."""
        return self._rules.explain(one.alarm, one.kind)

    def message_id(self, delivery_id: str) -> str:
        """The Message-ID that a delivery keeps for all its attempts (RFC 5322 section 3.6.4)."""
        return f"<{delivery_id}@{self._domain}>"

    def delivery(
        self,
        id_: str,
        action: Action,
        told: Sequence[Undecided],
        now: Instant,
        *,
        gathers_until: Instant | None = None,
    ) -> NewDelivery:
        """A new delivery that tells these transitions, at once or when its gathering ends."""
        due_at = now if gathers_until is None else gathers_until
        return NewDelivery(
            id=id_,
            action=action.name,
            kind=action.kind,
            configuration=self.version,
            severity=max(one.alarm.severity.rank for one in told),
            message_id=self.message_id(id_),
            recipients=action.addressed,
            queued_at=now,
            not_before=due_at,
            expires_at=due_at + self._keep_trying,
            transitions=tuple(one.id for one in told),
            hold=None if gathers_until is None else HoldReason.GATHERING,
        )


def _action(one: Any) -> Action:
    kind = kinds.ACTIONS[one.kind]
    return Action(
        one.name,
        one.kind,
        one.enabled,
        kind.recipients(one),
        one,
        # Not every kind of action has these two.
        group=getattr(one, "group", None),
        ceiling=getattr(one, "max_mails_per_hour", None),
    )


def _domain(configuration: Configuration) -> str:
    sender = configuration.smtp.sender if configuration.smtp else None
    _, _, domain = (sender or "").rpartition("@")
    return domain or "tocsin.invalid"
