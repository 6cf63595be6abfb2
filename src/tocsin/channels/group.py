"""Which alarms of a storm are told together: those that have the same values in chosen fields."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

from tocsin.domain.alarm import Alarm, Host

MOST_FIELDS = 10
SHORTEST_WINDOW_S, LONGEST_WINDOW_S = 10, 86_400
LONGEST_ATTRIBUTE_NAME = 128

_LONGEST_KEY = 1_000
"""Octets; the hash of a longer one stands for it, so that a store can index every key."""

_Read = Callable[[Alarm], str | int | None]

RULE = "rule"
"""The field that stands for the first rule that matched."""
_ATTRIBUTE = "attributes."

_OF_HOST: Mapping[str, Callable[[Host], str | int | None]] = {
    "ip": lambda host: host.ip,
    "port": lambda host: host.port,
    "name": lambda host: host.name,
    "mac": lambda host: host.mac,
    "user": lambda host: host.user,
    "groups": lambda host: ", ".join(sorted(host.groups)) or None,
}


def _of_source(read: Callable[[Host], str | int | None]) -> _Read:
    return lambda alarm: read(alarm.source_host)


def _of_target(read: Callable[[Host], str | int | None]) -> _Read:
    return lambda alarm: read(alarm.target_host)


FIELDS: Mapping[str, _Read] = {
    "severity": lambda alarm: alarm.severity.value,
    "type": lambda alarm: alarm.type,
    "category": lambda alarm: alarm.category,
    "state": lambda alarm: alarm.state.value,
    "source": lambda alarm: alarm.source,
    "source_type": lambda alarm: alarm.source_type,
    **{f"source_host.{name}": _of_source(read) for name, read in _OF_HOST.items()},
    **{f"target_host.{name}": _of_target(read) for name, read in _OF_HOST.items()},
    "protocol": lambda alarm: alarm.protocol,
    "dedup_key": lambda alarm: alarm.dedup_key,
}
"""The fields of an alarm that can be chosen, by the names that templates have for them."""

ACCEPTED = (*FIELDS, f"{_ATTRIBUTE}NAME", RULE)


def _by(value: object) -> object:
    if not isinstance(value, list | tuple):
        accepted = "[FIELD, …], or [] for all alarms together"
        raise ValueError(f"is no list; accepted: {accepted}")  # noqa: TRY004 -- pydantic asks for it
    if len(value) > MOST_FIELDS:
        raise ValueError(f"has {len(value)} fields; accepted: at most {MOST_FIELDS}")
    if len({str(one) for one in value}) < len(value):
        raise ValueError("names a field twice; accepted: each field once")
    return tuple(value)


def _field(value: object) -> object:
    name = value if isinstance(value, str) else ""
    if name in FIELDS or name == RULE or _is_attribute(name):
        return value
    near = difflib.get_close_matches(name.removeprefix("alarm."), ACCEPTED, 1)
    hint = f", did you mean {near[0]}" if near else ""
    raise ValueError(f"is no field to group by{hint}; accepted: {', '.join(ACCEPTED)}")


def _is_attribute(name: str) -> bool:
    attribute = name.removeprefix(_ATTRIBUTE)
    return (
        name.startswith(_ATTRIBUTE)
        and attribute.isprintable()
        and 0 < len(attribute) <= LONGEST_ATTRIBUTE_NAME
    )


def _window(value: object) -> object:
    accepted = f"accepted: {SHORTEST_WINDOW_S} to {LONGEST_WINDOW_S} seconds"
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"is no whole number; {accepted}")  # noqa: TRY004 -- pydantic asks for it
    if not SHORTEST_WINDOW_S <= value <= LONGEST_WINDOW_S:
        raise ValueError(f"is {value}; {accepted}")
    return value


class Group(BaseModel):
    """The fields by which alarms belong together, and for how long.

    The first of a group is told at once; what follows within `window_s` seconds is told
    in one message when the window ends.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: Annotated[tuple[Annotated[str, BeforeValidator(_field)], ...], BeforeValidator(_by)]
    window_s: Annotated[int, BeforeValidator(_window)]


def key_of(group: Group, alarm: Alarm, rule: str) -> str:
    """What the alarms of one group have in common, as canonical JSON; never empty.

    Args:
        group: which fields count. Their order does not.
        alarm: whose values are taken; one that is not known is null.
        rule: the name of the first rule that matched.
    """
    values = {name: _value(name, alarm, rule) for name in group.by}
    key = json.dumps(values, sort_keys=True, separators=(",", ":"))
    if len(key) <= _LONGEST_KEY:
        return key
    return json.dumps({"sha256": hashlib.sha256(key.encode()).hexdigest()}, separators=(",", ":"))


def _value(name: str, alarm: Alarm, rule: str) -> str | int | None:
    if name == RULE:
        return rule
    if name.startswith(_ATTRIBUTE):
        return alarm.attributes.get(name.removeprefix(_ATTRIBUTE))
    return FIELDS[name](alarm)
