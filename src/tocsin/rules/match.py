"""Rules compiled once and asked often."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tocsin.domain.alarm import Alarm, TransitionKind
from tocsin.rules.condition import INDEXED, Condition, compile_condition, field_value


@dataclass(frozen=True, slots=True)
class Rule:
    """A response rule: which actions for which alarms."""

    name: str
    enabled: bool
    when: Mapping[str, object]
    active: tuple[str, ...]
    inactive: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that matched, and the actions that it asks for at this transition."""

    rule: str
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleVerdict:
    """Whether a rule matches, and why, in words."""

    rule: str
    matched: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Compiled:
    place: int
    rule: Rule
    conditions: tuple[Condition, ...]
    """Without the one that the rule is indexed by."""
    match_active: Match
    match_inactive: Match


class RuleSet:
    """Compiled rules. Asking is pure: the same alarm gives the same answer."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)
        self._always: list[_Compiled] = []
        self._indexed: dict[str, defaultdict[str, list[_Compiled]]] = {
            field: defaultdict(list) for field in INDEXED
        }
        for place, rule in enumerate(rules):
            if rule.enabled:
                self._add(place, rule)

    def _add(self, place: int, rule: Rule) -> None:
        conditions = [compile_condition(field, value) for field, value in rule.when.items()]
        key = min(
            (one for one in conditions if one.equals is not None),
            key=lambda one: INDEXED.index(one.field),
            default=None,
        )
        compiled = _Compiled(
            place,
            rule,
            tuple(one for one in conditions if one is not key),
            Match(rule.name, rule.active),
            Match(rule.name, rule.inactive),
        )
        if key is None or key.equals is None:
            self._always.append(compiled)
            return
        for value in key.equals:
            self._indexed[key.field][value].append(compiled)

    def match(self, alarm: Alarm, kind: TransitionKind) -> list[Match]:
        """The rules that match, in their order; a raised severity asks the active actions."""
        candidates = list(self._always)
        for field, by_value in self._indexed.items():
            if by_value:
                candidates += by_value.get(field_value(alarm, field), ())
        found = [
            one for one in candidates if all(each.holds(alarm) for each in one.conditions)
        ]
        found.sort(key=lambda one: one.place)
        if kind is TransitionKind.INACTIVE:
            return [one.match_inactive for one in found]
        return [one.match_active for one in found]

    def explain(self, alarm: Alarm, kind: TransitionKind) -> list[RuleVerdict]:
        """Every rule with its verdict, in their order."""
        matched = {one.rule for one in self.match(alarm, kind)}
        return [_explain(rule, alarm, matched=rule.name in matched) for rule in self._rules]


def _explain(rule: Rule, alarm: Alarm, *, matched: bool) -> RuleVerdict:
    if not rule.enabled:
        return RuleVerdict(rule.name, matched=False, reasons=("the rule is switched off",))
    conditions = [compile_condition(field, value) for field, value in rule.when.items()]
    if not conditions:
        return RuleVerdict(rule.name, matched, ("it matches every alarm",))
    wanted = [one for one in conditions if one.holds(alarm) is matched]
    return RuleVerdict(rule.name, matched, tuple(_reason(one, alarm) for one in wanted))


def _reason(condition: Condition, alarm: Alarm) -> str:
    field = condition.field.replace("_", " ")
    found = condition.found(alarm)
    return f"{field} is {found}, asked for is {condition.asked}"


def compile_rules(rules: Sequence[Rule]) -> RuleSet:
    """Compile rules.

    Raises:
        BadCondition: a rule that was not checked when it was saved.
    """
    return RuleSet(rules)
