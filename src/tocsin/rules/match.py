"""Rules compiled once and asked often.

Each rule is filed under the keys of that condition of its own which fewest alarms (and
fewest other rules) meet. An alarm looks its keys up, and only the rules found there are
asked for the rest of their conditions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.domain.alarm import Alarm, TransitionKind
from tocsin.rules.condition import Condition, conditions


@dataclass(frozen=True, slots=True)
class Rule:
    """A response rule: which actions for which alarms.

    `when` has fields, each with a value or several, all of which must hold; empty, it
    matches every alarm.
    """

    name: str
    enabled: bool
    when: Mapping[str, object]
    active: tuple[str, ...] = ()
    inactive: tuple[str, ...] = ()


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


_Test = Callable[[Any], bool]
# A rule's place in the order, and the conditions left: (place among the facts, test).
_Candidate = tuple[int, tuple[tuple[int, _Test], ...]]
_Table = dict[Hashable, list[_Candidate]]


class RuleSet:
    """Compiled rules. Asking is pure: the same alarm gives the same answer."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)
        self._conditions = tuple(conditions(rule.when) for rule in rules)
        self._active = tuple(Match(rule.name, rule.active) for rule in rules)
        self._inactive = tuple(Match(rule.name, rule.inactive) for rule in rules)
        used = {
            place: asked
            for place, asked in enumerate(self._conditions)
            if self._rules[place].enabled
        }
        self._places = {
            name: number
            for number, name in enumerate(
                dict.fromkeys(one.name for asked in used.values() for one in asked)
            )
        }
        self._readers = _readers(self._places, used)
        self._always: list[_Candidate] = []
        self._by_one: dict[int, _Table] = {}
        self._by_several: dict[int, _Table] = {}
        self._file(used)

    def _file(self, used: Mapping[int, tuple[Condition, ...]]) -> None:
        crowd = Counter(
            (one.name, key) for asked in used.values() for one in asked for key in one.asked.keys
        )
        for place, asked in used.items():
            key = min(asked, key=lambda one: _cost(one, crowd), default=None)
            rest = tuple((self._places[one.name], _test(one)) for one in asked if one is not key)
            if key is None:
                self._always.append((place, rest))
                continue
            tables = self._by_several if key.field.several else self._by_one
            table = tables.setdefault(self._places[key.name], {})
            for value in key.asked.keys:
                table.setdefault(value, []).append((place, rest))

    def match(self, alarm: Alarm, kind: TransitionKind) -> list[Match]:
        """The rules that match, in their order, each with the actions of this transition.

        A raised severity asks for the actions of "when active", as the alarm's
        beginning does. A rule that matches but names no action is among them.
        """
        matches = self._inactive if kind is TransitionKind.INACTIVE else self._active
        return [matches[place] for place in self._matching(alarm)]

    def _matching(self, alarm: Alarm) -> list[int]:
        facts = [read(alarm) for read in self._readers]
        candidates = self._always.copy()
        for fact, table in self._by_one.items():
            if (found := table.get(facts[fact])) is not None:
                candidates += found
        for fact, table in self._by_several.items():
            for key in facts[fact]:
                if (found := table.get(key)) is not None:
                    candidates += found
        places = []
        for place, rest in candidates:
            for fact, test in rest:
                if not test(facts[fact]):
                    break
            else:
                places.append(place)
        # A host may be in several of the networks that one rule asks for.
        return sorted(set(places))

    def explain(self, alarm: Alarm, kind: TransitionKind) -> list[RuleVerdict]:  # noqa: ARG002
        """Every rule with its verdict and the reasons, in their order.

        Whether a rule matches does not depend on the transition; what it then asks for does.
        """
        return [
            _verdict(rule, asked, alarm)
            for rule, asked in zip(self._rules, self._conditions, strict=True)
        ]


def compile_rules(rules: Sequence[Rule]) -> RuleSet:
    """Compile rules.

    Raises:
        BadCondition: a rule that was not checked when it was saved.
    """
    return RuleSet(rules)


def _readers(
    places: Mapping[str, int], used: Mapping[int, tuple[Condition, ...]]
) -> list[Callable[[Alarm], Any]]:
    """For each fact in use the function that reads it, as far as some rule asks."""
    keys: dict[str, set[Hashable]] = {name: set() for name in places}
    fields = {}
    for asked in used.values():
        for one in asked:
            keys[one.name] |= one.asked.keys
            fields[one.name] = one.field
    return [fields[name].reader(frozenset(keys[name])) for name in places]


def _cost(condition: Condition, crowd: Mapping[tuple[str, Hashable], int]) -> float:
    """What filing a rule under this condition costs: alarms that meet it, rules beside it."""
    fullest = max(crowd[condition.name, key] for key in condition.asked.keys)
    return condition.field.share(condition.asked.keys) * fullest


def _test(condition: Condition) -> _Test:
    keys = condition.asked.keys
    if not condition.field.several:
        return keys.__contains__
    return lambda found: not keys.isdisjoint(found)


def _verdict(rule: Rule, asked: tuple[Condition, ...], alarm: Alarm) -> RuleVerdict:
    if not rule.enabled:
        return RuleVerdict(rule.name, matched=False, reasons=("rule is switched off",))
    if not asked:
        return RuleVerdict(rule.name, matched=True, reasons=("rule matches every alarm",))
    failing = [one for one in asked if not one.holds(alarm)]
    return RuleVerdict(rule.name, not failing, tuple(one.reason(alarm) for one in failing or asked))
