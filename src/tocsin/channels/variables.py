"""What templates can say: the fields of an alarm, and SNA's variables by their own names.

What is not known is empty text. Every value is marked where it would steer, and cut to
a size (`tocsin.mail.mark`); of all of them only ``alarm.details`` has more than one line.

A message that tells several alarms is about the gravest of them, its ``alarm``; ``alarms``
are those that it shows, and ``told`` says how many it tells in all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import islice

from tocsin.base.clock import SECOND, Instant, to_datetime
from tocsin.domain.alarm import Alarm, Host, TransitionKind
from tocsin.domain.telling import Telling
from tocsin.mail.mark import cut, mark_line, mark_text

LONGEST_LINE = 1_000
LONGEST_DETAILS = 50_000
"""Characters; more is cut, and it is said how much."""
MOST_ATTRIBUTES = 100
MOST_ALARMS = 100
"""Alarms that one message shows; of the others it says how many they are."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a message is about: an alarm, what happened to it, and its page in Tocsin.

    Where it tells several, `number` says how many, `tellings` holds them or the gravest
    of them, that of `alarm` first, and `url` is the page that lists them all.
    """

    alarm: Alarm
    transition: TransitionKind
    url: str = ""
    number: int = 1
    tellings: Sequence[Telling] = ()


class Attributes(dict[str, str]):
    """An alarm's attributes; as text, one after the other."""

    def __str__(self) -> str:
        return "; ".join(f"{name}: {value}" for name, value in self.items())


class Row(dict[str, "Value"]):
    """One of several alarms: its variables by their names without ``alarm.``, made when asked."""

    def __init__(self, telling: Telling) -> None:
        super().__init__()
        self._told = Told(telling.alarm, telling.transition)

    def __missing__(self, name: str) -> Value:
        accessor = ROW_VARIABLES.get(name) or attribute(name.removeprefix("attributes."))
        value = self[name] = accessor(self._told)
        return value


class Alarms(list[Row]):
    """The alarms that a message shows; as text, one after the other."""

    def __str__(self) -> str:
        return "; ".join(f"{one['severity']} {one['type']}" for one in self)


Value = str | int | Attributes | Alarms
Accessor = Callable[[Told], Value]


def line(value: str | None) -> str:
    """A value as one line."""
    if not value:
        return ""
    return mark_line(value if len(value) <= LONGEST_LINE else cut(value, LONGEST_LINE))


def lines(values: list[str]) -> list[str]:
    """Each value as one line; all looked at at once, for mostly nothing is to be done."""
    joined = "".join(values)
    if joined.isprintable() and (
        len(joined) <= LONGEST_LINE or max(map(len, values)) <= LONGEST_LINE
    ):
        return values
    return [line(value) for value in values]


def moment(at: Instant | None) -> str:
    """RFC 3339 in UTC, fractions of a second only where there are any."""
    if at is None:
        return ""
    second, fraction = divmod(at, SECOND)
    return f"{_second(second)}.{fraction:06}Z" if fraction else f"{_second(second)}Z"


@lru_cache(maxsize=1024)
def _second(second: int) -> str:
    # In a storm many alarms share a second.
    return to_datetime(second * SECOND).isoformat()[: len("2026-11-24T22:00:00")]


def _details(told: Told) -> str:
    return mark_text(cut(told.alarm.details, LONGEST_DETAILS))


def _groups(host: Host) -> str:
    return line(", ".join(host.groups)) if host.groups else ""


def _port(host: Host) -> str | int:
    return "" if host.port is None else host.port


def _attributes(told: Told) -> Attributes:
    given = told.alarm.attributes
    known = {line(name): line(value) for name, value in islice(given.items(), MOST_ATTRIBUTES)}
    if len(given) > MOST_ATTRIBUTES:
        known["…"] = f"[{len(given) - MOST_ATTRIBUTES:,} more attributes]"
    return Attributes(known)


def _alarms(told: Told) -> Alarms:
    tellings = told.tellings or (Telling(told.alarm, told.transition),)
    return Alarms(Row(one) for one in islice(tellings, MOST_ALARMS))


def attribute(name: str) -> Accessor:
    """The variable of one attribute."""
    return lambda told: line(told.alarm.attributes.get(name))


_HOST_FIELDS: Mapping[str, Callable[[Host], Value]] = {
    "ip": lambda host: line(host.ip),
    "port": _port,
    "name": lambda host: line(host.name),
    "mac": lambda host: line(host.mac),
    "user": lambda host: line(host.user),
    "groups": _groups,
}


def _of_host(get: Callable[[Alarm], Host], read: Callable[[Host], Value], told: Told) -> Value:
    return read(get(told.alarm))


def _host_variables(end: str) -> Iterable[tuple[str, Accessor]]:
    get: Callable[[Alarm], Host] = (
        (lambda alarm: alarm.source_host) if end == "source" else (lambda alarm: alarm.target_host)
    )
    for field, read in _HOST_FIELDS.items():
        yield f"alarm.{end}_host.{field}", partial(_of_host, get, read)


ALARM_VARIABLES: Mapping[str, Accessor] = {
    "alarm.id": lambda told: line(told.alarm.id),
    "alarm.source": lambda told: line(told.alarm.source),
    "alarm.source_type": lambda told: line(told.alarm.source_type),
    "alarm.type": lambda told: line(told.alarm.type),
    "alarm.category": lambda told: line(told.alarm.category),
    "alarm.severity": lambda told: told.alarm.severity.value,
    "alarm.state": lambda told: told.alarm.state.value,
    "alarm.dedup_key": lambda told: line(told.alarm.dedup_key),
    "alarm.received_at": lambda told: moment(told.alarm.received_at),
    "alarm.started_at": lambda told: moment(told.alarm.started_at),
    "alarm.last_seen_at": lambda told: moment(told.alarm.last_seen_at),
    "alarm.ended_at": lambda told: moment(told.alarm.ended_at),
    "alarm.count": lambda told: told.alarm.count,
    **dict(_host_variables("source")),
    **dict(_host_variables("target")),
    "alarm.protocol": lambda told: line(told.alarm.protocol),
    "alarm.details": _details,
    "alarm.url": lambda told: line(told.alarm.url),
    "alarm.attributes": _attributes,
    "transition": lambda told: told.transition.value,
    "url": lambda told: told.url,
    "told": lambda told: told.number,
    "alarms": _alarms,
}
"""The fields of CONTRACT's alarm; ``transition`` is active, severity or inactive."""

OF_SEVERAL = frozenset(("told", "alarms"))
"""Variables that a template names when it is made for several alarms."""

ROW_VARIABLES: Mapping[str, Accessor] = {
    name.removeprefix("alarm."): accessor
    for name, accessor in ALARM_VARIABLES.items()
    if name.startswith("alarm.") or name == "transition"
}
"""What one of ``alarms`` says: ``one.type``, ``one.source_host.ip``, ``one.transition``."""

_SNA_AS_HERE = {
    "alarm_id": "alarm.id",
    "alarm_type_name": "alarm.type",
    "alarm_category_name": "alarm.category",
    "alarm_status": "alarm.state",
    "details": "alarm.details",
    "time": "alarm.received_at",
    "end_active_time": "alarm.ended_at",
    "source_ip": "alarm.source_host.ip",
    "source_hostname": "alarm.source_host.name",
    "source_username": "alarm.source_host.user",
    "source_mac_address": "alarm.source_host.mac",
    "source_host_group_names": "alarm.source_host.groups",
    "source_url": "url",
    "target_ip": "alarm.target_host.ip",
    "target_hostname": "alarm.target_host.name",
    "target_username": "alarm.target_host.user",
    "target_mac_address": "alarm.target_host.mac",
    "target_host_group_names": "alarm.target_host.groups",
    "target_url": "url",
    "port": "alarm.target_host.port",
    "protocol": "alarm.protocol",
    "device_name": "alarm.source",
}
# What Tocsin has no field for, a sensor may have sent as an attribute of that name.
_SNA_AS_ATTRIBUTES = (
    "alarm_type_id",
    "alarm_category_id",
    "alarm_note",
    "policy_name",
    "source_country_name",
    "target_country_name",
    "target_label",
    "device_ip",
    "domain_id",
    "domain_name",
    "exporter_hostname",
    "exporter_ip",
    "exporter_label",
)


def _start_active_time(told: Told) -> str:
    return moment(told.alarm.started_at or told.alarm.received_at)


def _alarm_type_description(told: Told) -> str:
    return line(told.alarm.attributes.get("alarm_type_description") or told.alarm.type)


SNA_VARIABLES: Mapping[str, Accessor] = {
    **{name: ALARM_VARIABLES[here] for name, here in _SNA_AS_HERE.items()},
    **{name: attribute(name) for name in _SNA_AS_ATTRIBUTES},
    "alarm_severity_id": lambda told: str(told.alarm.severity.rank),
    "alarm_severity_name": lambda told: told.alarm.severity.value.capitalize(),
    "alarm_type_description": _alarm_type_description,
    "start_active_time": _start_active_time,
}
"""The variables of SNA's response management."""

VARIABLES: Mapping[str, Accessor] = {**ALARM_VARIABLES, **SNA_VARIABLES}

_ONE_BRACE = re.compile(
    r"(?<!\{)\{\s*(" + "|".join(sorted(SNA_VARIABLES, key=len, reverse=True)) + r")\s*\}(?!\})"
)


def take_over(template: str) -> str:
    """SNA's one-brace form ``{alarm_type_name}`` as ``{{ alarm_type_name }}``.

    Other braces stay as they are; taking over twice changes nothing more.
    """
    return _ONE_BRACE.sub(r"{{ \1 }}", template)
