"""What Tocsin itself has to tell: alarms of category System, decided about like any other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tocsin.base.clock import DAY, SYSTEM_CLOCK, Clock, Instant
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
_LASTING: Instant = DAY


@dataclass(frozen=True, slots=True)
class SystemAlarm:
    """Something to tell. The same `key` is the same alarm, repeated until it is over."""

    key: str
    type: str
    severity: Severity
    details: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    lasts: Instant = _LASTING
    """How long it goes on when nothing more is said of it."""


def tell(alarms: Iterable[SystemAlarm], *, clock: Clock = SYSTEM_CLOCK) -> None:
    """Raise, or repeat, alarms; in the caller's transaction."""
    for one in alarms:
        report = _report(one, AlarmState.ACTIVE)
        accept_within([report], {SOURCE: SourcePolicy(quiet_after=one.lasts)}, clock=clock)


def over(keys: Sequence[str], *, clock: Clock = SYSTEM_CLOCK) -> None:
    """End those of the alarms that are active; in the caller's transaction."""
    active = reports.active_by_key(keys)
    ended = [SystemAlarm(key, "", Severity.INFORMATIONAL, "") for key in active]
    if ended:
        accept_within([_report(one, AlarmState.INACTIVE) for one in ended], clock=clock)


def relay_paused(name: str, host: str, finding: Finding) -> None:
    """Raise, or repeat, the alarm that a relay takes no mail; in the caller's transaction."""
    tell(
        [
            SystemAlarm(
                _key(name),
                RELAY_PAUSED,
                Severity.CRITICAL,
                in_words(finding, "Mail waits and goes out by itself once the relay takes it."),
                {"relay": name, "server": host, "code": finding.code},
            )
        ]
    )


def relay_resumed(name: str, _host: str) -> None:
    """End that alarm; in the caller's transaction."""
    over([_key(name)])


def in_words(finding: Finding, *more: str) -> str:
    """A fault with its cause and what to do about it, and further paragraphs."""
    told = explain(finding)
    steps = "".join(f"\n- {step}" for step in told.fix)
    return "\n\n".join((f"{told.title}. {told.cause}", f"What to do:{steps}", *more))


def _report(alarm: SystemAlarm, state: AlarmState) -> Report:
    return Report(
        source=SOURCE,
        source_type="system",
        type=alarm.type,
        category="System",
        severity=alarm.severity,
        state=state,
        dedup_key=alarm.key,
        details=alarm.details,
        attributes={one: value for one, value in alarm.attributes.items() if value},
    )


def _key(relay: str) -> str:
    return f"{SOURCE}|relay|{relay}"
