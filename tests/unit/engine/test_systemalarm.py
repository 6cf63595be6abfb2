"""What Tocsin itself has to tell, and when it tells nobody."""

from __future__ import annotations

import pytest
from django.db import transaction

from tocsin.engine import access, configuration, systemalarm
from tocsin.faults.fault import Finding
from tocsin.store.models import Alarm, Transition
from tocsin.store.queries import operation

SMTP = {
    "server": "relay.example.com",
    "port": 587,
    "encryption": "starttls",
    "from": "t@example.com",
}
FINDING = Finding("auth.rejected", {"host": "relay.example.com"})


def pause(clock) -> None:
    """The first relay is paused, and that is told."""
    with transaction.atomic():
        operation.save_relay_pause(
            "smtp",
            paused_at=clock.now(),
            code=FINDING.code,
            facts=FINDING.facts,
            failures=1,
            probe_at=None,
        )
        systemalarm.relay_paused("smtp", "relay.example.com", FINDING)


def resume() -> None:
    """It takes mail again."""
    with transaction.atomic():
        operation.save_relay_pause(
            "smtp", paused_at=None, code=None, facts={}, failures=0, probe_at=None
        )
        systemalarm.relay_resumed("smtp", "relay.example.com")


def transitions() -> list[tuple[str, str]]:
    """What became of the alarm, and why nobody was told."""
    return list(Transition.objects.order_by("id").values_list("kind", "held"))


def test_without_another_relay_the_alarm_is_there_and_nobody_is_mailed(clock):
    """A mail about it would arrive when it is over; its end is not told either."""
    configuration.change(access.LOCAL, {"smtp": SMTP})
    pause(clock)
    alarm = Alarm.objects.get()
    assert (alarm.type, alarm.category, alarm.state) == ("Mail relay paused", "System", "active")
    assert "What to do:" in alarm.details
    resume()
    assert transitions() == [
        ("active", systemalarm.NO_OTHER_WAY),
        ("inactive", systemalarm.NO_OTHER_WAY),
    ]


def test_with_another_relay_the_rules_decide(clock):
    """It goes by that one."""
    further = {**SMTP, "server": "two.example.com", "name": "second"}
    configuration.change(access.LOCAL, {"smtp": SMTP, "relays": [further]})
    pause(clock)
    resume()
    assert transitions() == [("active", ""), ("inactive", "")]


def test_each_failure_repeats_the_same_alarm(clock):
    """One alarm for a pause, however long it lasts."""
    configuration.change(access.LOCAL, {"smtp": SMTP})
    for _ in range(3):
        pause(clock)
    assert Alarm.objects.get().count == 3


@pytest.mark.parametrize("times", [1, 2])
def test_what_is_not_active_is_not_ended(clock, times):
    """A relay that was never paused says nothing when it takes mail."""
    configuration.change(access.LOCAL, {"smtp": SMTP})
    for _ in range(times):
        resume()
    assert Alarm.objects.count() == 0
