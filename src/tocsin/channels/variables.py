"""What templates can say: the fields of an alarm, and SNA's variables by their own names.

What is not known is empty text. Every value is marked where it would steer, and cut to
a size (`tocsin.mail.mark`); of all of them only ``alarm.details`` has more than one line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import islice

from tocsin.base.clock import SECOND, Instant, to_datetime
from tocsin.domain.alarm import Alarm, Host, TransitionKind
from tocsin.mail.mark import cut, mark_line, mark_text

LONGEST_LINE = 1_000
LONGEST_DETAILS = 50_000
"""Characters; more is cut, and it is said how much."""
MOST_ATTRIBUTES = 100


@dataclass(frozen=True, slots=True)
class Told:
    """What a message is about: an alarm, what happened to it, and its page in Tocsin."""

    alarm: Alarm
    transition: TransitionKind
    url: str = ""


class Attributes(dict[str, str]):
    """An alarm's attributes; as text, one after the other."""

    def __str__(self) -> str:
        return "; ".join(f"{name}: {value}" for name, value in self.items())


Value = str | int | Attributes
Accessor = Callable[[Told], Value]


def line(value: str | None) -> str:
    """A value as one line."""
    if not value:
        return ""
    return mark_line(value if len(value) <= LONGEST_LINE else cut(value, LONGEST_LINE))


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
}
"""The fields of CONTRACT's alarm; ``transition`` is active, severity or inactive."""

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
