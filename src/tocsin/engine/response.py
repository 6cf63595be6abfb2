"""Response management of one configuration version, compiled once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.central.configuration import Configuration
from tocsin.engine import kinds
from tocsin.rules.match import Match, RuleSet, RuleVerdict, compile_rules
from tocsin.store.queries.outbox import Undecided


@dataclass(frozen=True, slots=True)
class Action:
    """A response action as its version has it."""

    name: str
    kind: str
    enabled: bool
    recipients: tuple[str, ...]
    settings: Any
    """The kind's own settings."""


class Response:
    """Rules and actions of one version."""

    def __init__(self, version: int, configuration: Configuration) -> None:
        self.version = version
        self.configuration = configuration
        self.actions: Mapping[str, Action] = {
            one.name: _action(one) for one in configuration.actions
        }
        self._rules: RuleSet = compile_rules([kinds.rule_of(one) for one in configuration.rules])
        self._domain = _domain(configuration)

    def match(self, one: Undecided) -> Sequence[Match]:
        """The rules that match a transition, with the actions each asks for."""
        return self._rules.match(one.alarm, one.kind)

    def explain(self, one: Undecided) -> Sequence[RuleVerdict]:
        """For every rule whether it matches, and why."""
        return self._rules.explain(one.alarm, one.kind)

    def message_id(self, delivery_id: str) -> str:
        """The Message-ID that a delivery keeps for all its attempts (RFC 5322 section 3.6.4)."""
        return f"<{delivery_id}@{self._domain}>"


def _action(one: Any) -> Action:
    kind = kinds.ACTIONS[one.kind]
    return Action(one.name, one.kind, one.enabled, kind.recipients(one), one)


def _domain(configuration: Configuration) -> str:
    sender = configuration.smtp.sender if configuration.smtp else None
    _, _, domain = (sender or "").rpartition("@")
    return domain or "tocsin.invalid"
