"""What Tocsin itself has to tell: alarms of category System, decided about like any other."""

from __future__ import annotations

from tocsin.base.clock import DAY
from tocsin.domain.alarm import AlarmState, Report
from tocsin.domain.severity import Severity
from tocsin.engine.accept import SourcePolicy, accept_within
from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Finding
from tocsin.store.queries import reports

SOURCE = "tocsin"
"""The source that stands in such alarms."""
RELAY_PAUSED = "Mail relay paused"

# It ends when what it tells of ends, not because nothing was said for a while.
_POLICIES = {SOURCE: SourcePolicy(quiet_after=DAY)}


def relay_paused(name: str, host: str, finding: Finding) -> None:
    """Raise, or repeat, the alarm that a relay takes no mail; in the caller's transaction."""
    told = explain(finding)
    steps = "".join(f"\n- {step}" for step in told.fix)
    _report(
        name,
        host,
        AlarmState.ACTIVE,
        f"{told.title}. {told.cause}\n\nWhat to do:{steps}\n\nMail waits and goes out by itself "
        "once the relay takes it.",
        finding.code,
    )


def relay_resumed(name: str, host: str) -> None:
    """End that alarm; in the caller's transaction."""
    if reports.active_by_key([_key(name)]):
        _report(name, host, AlarmState.INACTIVE, "The relay takes mail again.", None)


def _report(name: str, host: str, state: AlarmState, details: str, code: str | None) -> None:
    attributes = {"relay": name, "server": host}
    if code is not None:
        attributes["code"] = code
    report = Report(
        source=SOURCE,
        source_type="system",
        type=RELAY_PAUSED,
        category="System",
        severity=Severity.CRITICAL,
        state=state,
        dedup_key=_key(name),
        details=details,
        attributes={one: value for one, value in attributes.items() if value},
    )
    accept_within([report], _POLICIES)


def _key(relay: str) -> str:
    return f"{SOURCE}|relay|{relay}"
