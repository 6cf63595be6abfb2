"""The life of an alarm: opened, counted, graver, inactive, opened anew."""

from __future__ import annotations

import pytest
from django.db import transaction

from tocsin.base.clock import HOUR, MINUTE, SECOND
from tocsin.domain.alarm import AlarmState
from tocsin.domain.severity import Severity
from tocsin.engine.accept import (
    NEVER_ACTIVE,
    TOO_OLD,
    SourcePolicy,
    accept,
    accept_within,
    close_quiet,
)
from tocsin.store.models import Alarm, Counter, Transition


def transitions() -> list[tuple[str, int, str]]:
    """(kind, severity, held) of every transition, in order."""
    return list(Transition.objects.order_by("id").values_list("kind", "severity", "held"))


def test_the_first_report_opens_an_alarm(report, clock):
    """A new key makes an alarm with its transition *active*, undecided."""
    (id_,) = accept([report(severity=Severity.MAJOR)], clock=clock)
    alarm = Alarm.objects.get(id=id_)
    assert (alarm.state, alarm.count, alarm.severity) == ("active", 1, 4)
    assert alarm.received_at == clock.now()
    assert transitions() == [("active", 4, "")]
    assert Transition.objects.get().decided_at is None


def test_a_repeated_report_counts(report, clock):
    """A report with the key of an active alarm is the same alarm again, told to nobody."""
    first = accept([report()], clock=clock)
    clock.time += MINUTE
    second = accept([report(last_seen_at=5)], clock=clock)
    assert first == second
    alarm = Alarm.objects.get()
    assert alarm.count == 2
    assert alarm.last_received_at == clock.now()
    assert len(transitions()) == 1


def test_a_batch_may_hold_the_same_alarm_many_times(report):
    """Within one batch reports count as they would one by one."""
    ids = accept([report(), report(), report(type="other"), report()])
    assert ids[0] == ids[1] == ids[3] != ids[2]
    assert Alarm.objects.get(id=ids[0]).count == 3


def test_a_graver_report_is_a_transition(report):
    """Severity only rises, and each rise asks the rules."""
    accept([report(severity=Severity.MINOR)])
    accept([report(severity=Severity.TRIVIAL)])
    accept([report(severity=Severity.CRITICAL)])
    accept([report(severity=Severity.MAJOR)])
    assert Alarm.objects.get().severity == Severity.CRITICAL.rank
    assert [(kind, rank) for kind, rank, _ in transitions()] == [("active", 3), ("severity", 5)]


def test_an_inactive_report_ends_it_and_the_next_opens_another(report, clock):
    """After inactive, the same key is a new alarm with a new id."""
    (first,) = accept([report()], clock=clock)
    accept([report(state=AlarmState.INACTIVE)], clock=clock)
    (second,) = accept([report()], clock=clock)
    assert first != second
    assert Alarm.objects.get(id=first).state == "inactive"
    assert Alarm.objects.get(id=first).ended_at == clock.now()
    assert [kind for kind, _, _ in transitions()] == ["active", "inactive", "active"]


def test_a_whole_life_fits_into_one_batch(report):
    """Opened, ended and opened again in one batch: two alarms, three transitions."""
    ids = accept([report(), report(state=AlarmState.INACTIVE), report()])
    assert ids[0] == ids[1] != ids[2]
    assert Alarm.objects.filter(state="active").count() == 1


def test_an_alarm_that_was_stored_can_end_and_open_again_in_one_batch(report):
    """The row that was active gives its key up before the new one takes it."""
    accept([report()])
    ids = accept([report(state=AlarmState.INACTIVE), report(), report()])
    assert ids[1] == ids[2] != ids[0]
    assert Alarm.objects.get(id=ids[1]).count == 2


def test_inactive_without_active_tells_nobody(report):
    """An end without a beginning is stored, held, with the reason."""
    accept([report(state=AlarmState.INACTIVE)])
    assert transitions() == [("inactive", 1, NEVER_ACTIVE)]


def test_nothing_for_long_makes_it_inactive(report, clock):
    """After the source's quiet_after without a report, an alarm is inactive."""
    policies = {"ids-1": SourcePolicy(quiet_after=10 * MINUTE)}
    accept([report()], policies, clock=clock)
    accept([report(source="other")], policies, clock=clock)
    clock.time += 10 * MINUTE - SECOND
    assert close_quiet(clock=clock) == 0
    clock.time += SECOND
    assert close_quiet(clock=clock) == 1
    clock.time += HOUR
    assert close_quiet(clock=clock) == 1
    assert Alarm.objects.filter(state="active").count() == 0
    assert [kind for kind, _, _ in transitions()] == ["active", "active", "inactive", "inactive"]


def test_each_report_puts_the_quiet_off(report, clock):
    """A report just before the end of quiet_after keeps the alarm active."""
    accept([report()], clock=clock)
    clock.time += HOUR - SECOND
    accept([report()], clock=clock)
    clock.time += HOUR - SECOND
    assert close_quiet(clock=clock) == 0


def test_what_is_too_old_is_stored_and_told_to_nobody(report, clock):
    """A source's max_age keeps old events from telling anybody."""
    policies = {"ids-1": SourcePolicy(max_age=HOUR)}
    accept([report(started_at=clock.now() - 2 * HOUR)], policies, clock=clock)
    accept([report(type="fresh", started_at=clock.now() - MINUTE)], policies, clock=clock)
    assert [held for _, _, held in transitions()] == [TOO_OLD, ""]


def test_a_given_dedup_key_decides(report):
    """Two reports that look different are one alarm when they say so."""
    ids = accept([report(dedup_key="k"), report(type="other", dedup_key="k")])
    assert ids[0] == ids[1]


def test_reports_are_counted_by_type(report):
    """The manager's counters grow with what was stored."""
    accept([report(), report(), report(source_type="api", type="x")])
    found = dict(Counter.objects.filter(name="tocsin_alarms_total").values_list("labels", "value"))
    assert found == {'source_type="eve"': 2, 'source_type="api"': 1}


def test_a_batch_is_stored_whole_or_not_at_all(report):
    """When the transaction fails nothing of the batch remains."""

    def fail_afterwards() -> None:
        with transaction.atomic():
            accept_within([report(), report(type="other")])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_afterwards()
    assert not Alarm.objects.exists()
    assert not Transition.objects.exists()
    assert not Counter.objects.exists()
