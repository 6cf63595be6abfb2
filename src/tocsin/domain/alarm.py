"""What a sensor reports, and the alarm that Tocsin makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tocsin.base.clock import Instant
from tocsin.domain.severity import Severity

CATEGORIES = (
    "Recon",
    "Exploitation",
    "C&C",
    "Data Hoarding",
    "Exfiltration",
    "DDoS Source",
    "DDoS Target",
    "Policy Violation",
    "Anomaly",
    "Concern Index",
    "Target Index",
    "System",
)
"""The alarm categories, in the field's words."""

SOURCE_TYPES = (
    "api",
    "alertmanager",
    "eve",
    "zeek",
    "syslog",
    "snmp",
    "smtp",
    "flows",
    "system",
)


class AlarmState(StrEnum):
    """Whether the cause goes on, in the sensor's view."""

    ACTIVE = "active"
    INACTIVE = "inactive"


class TransitionKind(StrEnum):
    """A change in an alarm's life that response rules are asked about."""

    ACTIVE = "active"
    SEVERITY = "severity"
    INACTIVE = "inactive"


@dataclass(frozen=True, slots=True)
class Host:
    """One end of what was seen; anything may be unknown."""

    ip: str | None = None
    port: int | None = None
    name: str | None = None
    mac: str | None = None
    user: str | None = None
    groups: tuple[str, ...] = ()


UNKNOWN_HOST = Host()


@dataclass(frozen=True, slots=True)
class Report:
    """One report of a sensor, checked, not yet an alarm.

    `started_at`, `last_seen_at` and `ended_at` are the sensor's word: evidence,
    never what Tocsin orders or expires by.
    """

    source: str
    source_type: str
    type: str
    category: str = "Anomaly"
    severity: Severity = Severity.INFORMATIONAL
    state: AlarmState = AlarmState.ACTIVE
    dedup_key: str | None = None
    started_at: Instant | None = None
    last_seen_at: Instant | None = None
    ended_at: Instant | None = None
    source_host: Host = UNKNOWN_HOST
    target_host: Host = UNKNOWN_HOST
    protocol: str | None = None
    details: str = ""
    url: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)

    def key(self) -> str:
        """What makes two reports the same alarm; made from the report when not given."""
        if self.dedup_key is not None:
            return self.dedup_key
        source, target = self.source_host, self.target_host
        port = "" if target.port is None else str(target.port)
        return "|".join((self.source, self.type, source.ip or "", target.ip or "", port))


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm as it stood at one moment."""

    id: str
    source: str
    source_type: str
    type: str
    category: str
    severity: Severity
    state: AlarmState
    dedup_key: str
    received_at: Instant
    count: int = 1
    started_at: Instant | None = None
    last_seen_at: Instant | None = None
    ended_at: Instant | None = None
    source_host: Host = UNKNOWN_HOST
    target_host: Host = UNKNOWN_HOST
    protocol: str | None = None
    details: str = ""
    url: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
