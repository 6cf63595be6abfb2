"""What Tocsin itself has to tell: alarms of category System, decided about like any other.

One thing is not: mail about a relay that takes none, where there is no other to send it by.
It would wait, and arrive when what it says is over. The alarm is there all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tocsin.base.clock import DAY, SYSTEM_CLOCK, Clock, Instant
from tocsin.domain.alarm import AlarmState, Report
from tocsin.domain.severity import Severity
from tocsin.engine.accept import SourcePolicy, accept_within
from tocsin.engine.configuration import current
from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Finding
from tocsin.store.queries import operation, reports

SOURCE = "tocsin"
"""The source that stands in such alarms."""
RELAY_PAUSED = "Mail relay paused"
NO_OTHER_WAY = "it would be told by the relay that it is about, and there is no other"

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
    held: str = ""
    """Why nobody is told of it; empty when the rules decide."""


def tell(alarms: Iterable[SystemAlarm], *, clock: Clock = SYSTEM_CLOCK) -> None:
    """Raise, or repeat, alarms; in the caller's transaction."""
    for one in alarms:
        report = _report(one, AlarmState.ACTIVE)
        policy = SourcePolicy(quiet_after=one.lasts, held=_held(one))
        accept_within([report], {SOURCE: policy}, clock=clock)


def over(keys: Sequence[str], *, clock: Clock = SYSTEM_CLOCK) -> None:
    """End those of the alarms that are active; in the caller's transaction.

    Nobody hears of the end of what nobody heard of.
    """
    for key, alarm in reports.active_by_key(keys).items():
        ended = SystemAlarm(key, "", Severity.INFORMATIONAL, "")
        policy = SourcePolicy(held=reports.last_held(alarm.id))
        accept_within([_report(ended, AlarmState.INACTIVE)], {SOURCE: policy}, clock=clock)


def _held(alarm: SystemAlarm) -> str:
    """Why nobody is told of an alarm."""
    if alarm.held:
        return alarm.held
    name = alarm.attributes.get("relay")
    state = operation.relay_state(name) if name is not None else None
    if state is None or state.paused_at is None:
        return ""
    return "" if len(current().configuration.every_relay) > 1 else NO_OTHER_WAY


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
