"""Conditions tried on stored alarms, before a rule of them is saved."""

from __future__ import annotations

import pytest

from tocsin.base.clock import DAY, now
from tocsin.domain.principal import Principal, Role
from tocsin.domain.severity import Severity
from tocsin.engine import access, trial
from tocsin.engine.accept import accept
from tocsin.store import models


@pytest.fixture
def stored(report) -> list[str]:
    """Five alarms, two of them grave; one is older than the days that are looked at."""
    grave = {0, 4}
    ids = accept(
        [
            report(
                type=f"scan {place}",
                severity=Severity.CRITICAL if place in grave else Severity.MINOR,
            )
            for place in range(5)
        ]
    )
    models.Alarm.objects.filter(id=ids[0]).update(received_at=now() - 8 * DAY)
    return list(ids)


@pytest.mark.parametrize(
    ("when", "matched"),
    [
        ({}, 4),
        ({"severity": "critical"}, 1),
        ({"source_host": "192.0.2.0/24"}, 4),
        ({"type": ["scan 1", "scan 2", "nothing"]}, 2),
        ({"target_host": "203.0.113.1"}, 0),
    ],
)
def test_those_of_the_last_days_that_fit_are_counted(when, matched, stored):
    """As the rule itself would match them."""
    tried = trial.of_last_days(access.LOCAL, when)
    assert (tried.matched, tried.asked, tried.cut) == (matched, 4, False)


def test_no_more_than_the_latest_are_looked_at(stored, monkeypatch: pytest.MonkeyPatch):
    """However many there are; and it is said that there were more."""
    monkeypatch.setattr(trial, "MOST", 3)
    tried = trial.of_last_days(Principal("v", Role.VIEWER, "page"), {})
    assert (tried.matched, tried.asked, tried.cut) == (3, 3, True)


def test_nothing_stored_fits_nothing():
    """An empty store is no error."""
    assert trial.of_last_days(access.LOCAL, {}).matched == 0
