"""Made-up alarms: the one that Test Action tells, and one of which little is known."""

from __future__ import annotations

from dataclasses import replace

from tocsin.base.clock import Instant
from tocsin.base.ids import uuid7
from tocsin.domain.alarm import Alarm, AlarmState, Host
from tocsin.domain.severity import Severity

BARE_ALARM = Alarm(
    id="00000000-0000-7000-8000-000000000000",
    source="Tocsin",
    source_type="system",
    type="Test alarm",
    category="System",
    severity=Severity.INFORMATIONAL,
    state=AlarmState.ACTIVE,
    dedup_key="test alarm",
    received_at=0,
)
"""An alarm with no more than every alarm has; templates are tried on it."""


def sample_alarm(now: Instant) -> Alarm:
    """A test alarm that says so wherever it is told.

    Its addresses are for documentation (RFC 5737, RFC 2606, RFC 7042 section 2.1.2).
    """
    return replace(
        BARE_ALARM,
        id=uuid7(),
        type="Test alarm (Test Action)",
        received_at=now,
        started_at=now,
        last_seen_at=now,
        source_host=Host(
            ip="192.0.2.10",
            port=51515,
            name="source.example.com",
            mac="00:00:5e:00:53:0a",
            user="test",
            groups=("Test hosts",),
        ),
        target_host=Host(ip="198.51.100.20", port=443, name="target.example.com"),
        protocol="TCP",
        details="This is a test of a response action. Nothing has happened.",
        url="https://www.example.com/test-alarm",
        attributes={"test": "yes"},
    )
