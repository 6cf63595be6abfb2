"""Conditions of a rule: its ``when``, read once, checked when it is saved.

Every condition of a rule must hold; each gives one value or several, of which one must fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tocsin.domain.alarm import CATEGORIES, SOURCE_TYPES, Alarm
from tocsin.rules.field import (
    Asked,
    Field,
    Groups,
    Level,
    Port,
    Text,
    attribute,
    mac,
    protocol,
)
from tocsin.rules.host import Hosts
from tocsin.rules.value import BadCondition, near

__all__ = ["FIELDS", "BadCondition", "Condition", "check_when", "conditions"]

FIELDS: Mapping[str, Field] = {
    "severity": Level("severity"),
    "type": Text("type", lambda alarm: alarm.type, share=0.02),
    "category": Text("category", lambda alarm: alarm.category, share=0.2, known=CATEGORIES),
    "source": Text("source", lambda alarm: alarm.source, share=0.2),
    "source_type": Text(
        "source type", lambda alarm: alarm.source_type, share=0.5, known=SOURCE_TYPES
    ),
    "source_host": Hosts("source host", lambda alarm: alarm.source_host),
    "source_port": Port("source port", lambda alarm: alarm.source_host.port),
    "source_user": Text("source user", lambda alarm: alarm.source_host.user, share=0.05),
    "source_mac": Text("source MAC", lambda alarm: alarm.source_host.mac, share=0.02, fold=mac),
    "source_group": Groups("source group", lambda alarm: alarm.source_host),
    "target_host": Hosts("target host", lambda alarm: alarm.target_host),
    "target_port": Port("target port", lambda alarm: alarm.target_host.port),
    "target_user": Text("target user", lambda alarm: alarm.target_host.user, share=0.05),
    "target_mac": Text("target MAC", lambda alarm: alarm.target_host.mac, share=0.02, fold=mac),
    "target_group": Groups("target group", lambda alarm: alarm.target_host),
    "protocol": Text("protocol", lambda alarm: alarm.protocol, share=0.5, fold=protocol),
}
"""Every field that a rule can ask about; ``attributes`` stands beside them, name by name."""

ATTRIBUTES = "attributes"

# What people write who know other programs, or the alarm's JSON, and what it is here.
_OTHER_NAMES = {
    "sensor": "source",
    "signature": "type",
    "alarm_type": "type",
    "alarm_type_name": "type",
    "alarm_category_name": "category",
    "alarm_severity_name": "severity",
    "priority": "severity",
    "proto": "protocol",
    "port": "target_port",
} | {
    f"{said}{joint}{what}": f"{end}_{field}"
    for said, end in (
        ("source", "source"),
        ("source_host", "source"),
        ("src", "source"),
        ("target", "target"),
        ("target_host", "target"),
        ("destination", "target"),
        ("dest", "target"),
        ("dst", "target"),
    )
    for joint in ("_", ".")
    for what, field in (
        ("ip", "host"),
        ("name", "host"),
        ("hostname", "host"),
        ("network", "host"),
        ("port", "port"),
        ("user", "user"),
        ("username", "user"),
        ("mac", "mac"),
        ("groups", "group"),
    )
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: a field and what is asked of it. `name` is as the rule writes it."""

    name: str
    field: Field
    asked: Asked

    def holds(self, alarm: Alarm) -> bool:
        """Whether the alarm meets it; rules in number are asked by `tocsin.rules.match`."""
        found = self.field.reader(self.asked.keys)(alarm)
        if self.field.several:
            return not self.asked.keys.isdisjoint(found)
        return found in self.asked.keys

    def reason(self, alarm: Alarm) -> str:
        """Why it holds or not, in words."""
        return self.field.reason(alarm, self.asked, holds=self.holds(alarm))


def conditions(when: Mapping[str, object]) -> tuple[Condition, ...]:
    """The conditions of a rule.

    Raises:
        BadCondition: a field is not known, or a value does not suit it.
    """
    return tuple(_condition(*one) for one in _entries(when))


def check_when(when: Mapping[str, object]) -> list[tuple[str, str]]:
    """Every problem of a rule's conditions, as (field, message)."""
    problems: list[tuple[str, str]] = []
    for name, value in _entries(when):
        try:
            _condition(name, value)
        except BadCondition as problem:
            problems.append((name, str(problem)))
    return problems


def _entries(when: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """The conditions one by one: each attribute is a condition of its own."""
    for name, value in when.items():
        if name == ATTRIBUTES and isinstance(value, Mapping) and value:
            for attribute_name, wanted in value.items():
                yield f"{ATTRIBUTES}.{attribute_name}", wanted
        else:
            yield str(name), value


def _condition(name: str, value: object) -> Condition:
    if name.startswith(f"{ATTRIBUTES}."):
        field = attribute(name.removeprefix(f"{ATTRIBUTES}."))
    elif name == ATTRIBUTES:
        raise BadCondition("is not a mapping", "names of attributes, each with a value or a list")
    elif name in FIELDS:
        field = FIELDS[name]
    else:
        raise BadCondition(f"is no field of a rule{_hint(name)}", ", ".join([*FIELDS, ATTRIBUTES]))
    return Condition(name, field, field.asked(value))


def _hint(name: str) -> str:
    meant = _OTHER_NAMES.get(name.strip().casefold())
    return f"; did you mean {meant}" if meant else near(name, [*FIELDS, ATTRIBUTES])
