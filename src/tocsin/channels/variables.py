"""What templates can say: the fields of an alarm, and SNA's variables by their own names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tocsin.base.clock import Instant, rfc3339
from tocsin.domain.alarm import Alarm, Host, TransitionKind

ALARM_FIELDS = (
    "id",
    "source",
    "source_type",
    "type",
    "category",
    "severity",
    "state",
    "dedup_key",
    "received_at",
    "started_at",
    "last_seen_at",
    "ended_at",
    "count",
    "source_host",
    "target_host",
    "protocol",
    "details",
    "url",
    "attributes",
)
HOST_FIELDS = ("ip", "port", "name", "mac", "user", "groups")

SNA_VARIABLES = (
    "alarm_id",
    "alarm_type_name",
    "alarm_severity_id",
    "alarm_severity_name",
    "alarm_category_name",
    "alarm_status",
    "details",
    "time",
    "start_active_time",
    "end_active_time",
    "source_ip",
    "source_hostname",
    "source_username",
    "source_mac_address",
    "source_host_group_names",
    "source_url",
    "target_ip",
    "target_hostname",
    "target_username",
    "target_mac_address",
    "target_host_group_names",
    "target_url",
    "port",
    "protocol",
    "device_name",
)
"""The variables of SNA's response management that Tocsin has a value for."""

VARIABLES = ("alarm", "transition", *SNA_VARIABLES)

_ONE_BRACE = re.compile(r"(?<!\{)\{(" + "|".join(SNA_VARIABLES) + r")\}(?!\})")


def take_over(template: str) -> str:
    """SNA's one-brace form ``{alarm_type_name}`` as ``{{ alarm_type_name }}``."""
    return _ONE_BRACE.sub(r"{{ \1 }}", template)


def values(alarm: Alarm, transition: TransitionKind) -> dict[str, Any]:
    """The value of every variable for one alarm; what is not known is empty text."""
    fields = _alarm(alarm)
    source, target = fields["source_host"], fields["target_host"]
    return {
        "alarm": fields,
        "transition": transition.value,
        "alarm_id": alarm.id,
        "alarm_type_name": alarm.type,
        "alarm_severity_id": str(alarm.severity.rank),
        "alarm_severity_name": alarm.severity.value.capitalize(),
        "alarm_category_name": alarm.category,
        "alarm_status": alarm.state.value,
        "details": alarm.details,
        "time": fields["received_at"],
        "start_active_time": fields["started_at"] or fields["received_at"],
        "end_active_time": fields["ended_at"],
        "source_ip": source["ip"],
        "source_hostname": source["name"],
        "source_username": source["user"],
        "source_mac_address": source["mac"],
        "source_host_group_names": source["groups"],
        "source_url": alarm.url or "",
        "target_ip": target["ip"],
        "target_hostname": target["name"],
        "target_username": target["user"],
        "target_mac_address": target["mac"],
        "target_host_group_names": target["groups"],
        "target_url": alarm.url or "",
        "port": target["port"],
        "protocol": alarm.protocol or "",
        "device_name": alarm.source,
    }


def _alarm(alarm: Alarm) -> dict[str, Any]:
    return {
        "id": alarm.id,
        "source": alarm.source,
        "source_type": alarm.source_type,
        "type": alarm.type,
        "category": alarm.category,
        "severity": alarm.severity.value,
        "state": alarm.state.value,
        "dedup_key": alarm.dedup_key,
        "received_at": _time(alarm.received_at),
        "started_at": _time(alarm.started_at),
        "last_seen_at": _time(alarm.last_seen_at),
        "ended_at": _time(alarm.ended_at),
        "count": alarm.count,
        "source_host": _host(alarm.source_host),
        "target_host": _host(alarm.target_host),
        "protocol": alarm.protocol or "",
        "details": alarm.details,
        "url": alarm.url or "",
        "attributes": dict(alarm.attributes),
    }


def _host(host: Host) -> Mapping[str, str]:
    return {
        "ip": host.ip or "",
        "port": "" if host.port is None else str(host.port),
        "name": host.name or "",
        "mac": host.mac or "",
        "user": host.user or "",
        "groups": ", ".join(host.groups),
    }


def _time(at: Instant | None) -> str:
    return "" if at is None else rfc3339(at)[:19] + "Z"
