"""The alarm that Test Action tells."""

from __future__ import annotations

from tocsin.base.clock import Instant
from tocsin.base.ids import uuid7
from tocsin.domain.alarm import Alarm, AlarmState, Host
from tocsin.domain.severity import Severity


def sample_alarm(now: Instant) -> Alarm:
    """A made-up alarm that says so; its addresses are for documentation (RFC 5737)."""
    return Alarm(
        id=uuid7(),
        source="Tocsin",
        source_type="system",
        type="Test Action",
        category="System",
        severity=Severity.INFORMATIONAL,
        state=AlarmState.ACTIVE,
        dedup_key="test",
        received_at=now,
        started_at=now,
        last_seen_at=now,
        source_host=Host(ip="192.0.2.10", port=51515, name="source.example.com"),
        target_host=Host(ip="198.51.100.20", port=443, name="target.example.com"),
        protocol="TCP",
        details="This is a test of the response action. No alarm is behind it.",
        attributes={"test": "yes"},
    )
