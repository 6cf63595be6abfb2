"""When canaries go out, who looks for them, and what is told of it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from tocsin.base.clock import DAY, HOUR, SECOND
from tocsin.base.secret import Secret
from tocsin.central.arrival import Arrival
from tocsin.engine import access, arrivalledger, configuration
from tocsin.engine.arrivallook import Sighted
from tocsin.engine.configuration import Version
from tocsin.faults.fault import Finding
from tocsin.store import models
from tocsin.store.queries import outgoing

BOX = {
    "to": "probe@example.org",
    "server": "imap.example.org",
    "user": "probe",
    "password": Secret("x"),
}
UNAVAILABLE = Finding("imap.unavailable", {"host": "imap.example.org", "reason": "no answer"})


def adopted(clock, **other: object) -> tuple[Version, Arrival]:
    """The configuration with a probe, taken over."""
    configuration.change(access.LOCAL, {"arrival": {**BOX, **other}})
    version = configuration.current()
    assert arrivalledger.adopt(version, clock)
    assert version.configuration.arrival is not None
    return version, version.configuration.arrival


@pytest.fixture
def probe(home: Path, clock) -> tuple[Version, Arrival]:
    """A probe that was configured just now."""
    return adopted(clock)


def sent(version: Version, clock, state: str = "delivered") -> str:
    """A canary that is due, and what came of its delivery."""
    clock.time += 1000 * SECOND
    id_ = arrivalledger.send_due(version, clock)
    assert id_ is not None
    at = clock.time if state == "delivered" else None
    models.Delivery.objects.filter(id=id_).update(state=state, delivered_at=at)
    arrivalledger.note_accepted(clock)
    return id_


def looked(arrival: Arrival, clock, failure: Finding | None = None, **sighted: Sighted) -> bool:
    """A look that is due shows this."""
    plan = arrivalledger.plan(arrival, clock)
    if plan is None:
        return False
    found = {one.id: one for one in sighted.values()}
    return arrivalledger.record(plan, arrival, found, failure, clock)


def seen(id_: str, at: int, folder: str = "INBOX") -> Sighted:
    """A canary that is there."""
    return Sighted(id_, at, "received", folder, folder != "INBOX", (("mx.example.org", None),))


def active() -> list[str]:
    """Types of active alarms."""
    return sorted(models.Alarm.objects.filter(state="active").values_list("type", flat=True))


def test_one_canary_goes_out_for_all_responders(probe, clock):
    """At its time and not before; it is a delivery to the probe's address and no alarm."""
    version, arrival = probe
    assert arrivalledger.send_due(version, clock) is None
    clock.time += 10 * SECOND
    assert arrivalledger.send_due(version, clock) is not None
    assert arrivalledger.send_due(version, clock) is None
    (one,) = outgoing.waiting(clock.time, 10, tests=True)
    assert [to.address for to in one.recipients] == ["probe@example.org"]
    assert outgoing.waiting(clock.time, 10) == []
    assert models.Alarm.objects.count() == 0
    clock.time += (arrival.every_s - 1) * SECOND
    assert arrivalledger.send_due(version, clock) is None
    clock.time += SECOND
    assert arrivalledger.send_due(version, clock) is not None


def test_one_responder_looks_at_a_time(probe, clock):
    """Another may when the first never comes back; what the first then brings does not count."""
    version, arrival = probe
    id_ = sent(version, clock)
    clock.time += 10 * SECOND
    first = arrivalledger.plan(arrival, clock)
    assert first is not None
    assert arrivalledger.plan(arrival, clock) is None
    clock.time += arrivalledger.LEASE
    second = arrivalledger.plan(arrival, clock)
    assert second is not None
    assert not arrivalledger.record(first, arrival, {}, None, clock)
    found = {id_: seen(id_, clock.time)}
    assert arrivalledger.record(second, arrival, found, None, clock)


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_what_the_relay_did_not_take_says_nothing_of_arrival(probe, clock, state: str):
    """The delivery tells its own story: no look at the mailbox, no alarm."""
    version, arrival = probe
    id_ = sent(version, clock, state)
    assert models.ArrivalCanary.objects.get(id=id_).state == "not-sent"
    clock.time += HOUR
    assert arrivalledger.plan(arrival, clock) is None
    assert not active()


def test_an_alarm_ends_with_the_next_that_arrives(probe, clock):
    """The latest of which it is known decides; the missing one stays missing in the list."""
    version, arrival = probe
    lost = sent(version, clock)
    clock.time += 301 * SECOND
    assert looked(arrival, clock)
    assert active() == [arrivalledger.NOT_ARRIVING]
    next_one = sent(version, clock)
    clock.time += 20 * SECOND
    assert looked(arrival, clock, one=seen(next_one, clock.time - 15 * SECOND))
    assert not active()
    states = dict(models.ArrivalCanary.objects.values_list("id", "state"))
    assert states == {lost: "missing", next_one: "arrived"}
    assert models.ArrivalCanary.objects.get(id=next_one).latency == 5 * SECOND
    counted = dict(
        models.Counter.objects.filter(name="tocsin_canaries_total").values_list("labels", "value")
    )
    assert counted == {'state="missing"': 1, 'state="arrived"': 1}


def test_an_older_one_that_comes_late_ends_nothing(probe, clock):
    """While a newer one is missing, mail does not arrive."""
    version, arrival = probe
    older = sent(version, clock)
    newer = sent(version, clock)
    clock.time += 400 * SECOND
    assert looked(arrival, clock)
    clock.time += HOUR
    assert looked(arrival, clock, one=seen(older, clock.time))
    assert active() == [arrivalledger.NOT_ARRIVING]
    clock.time += HOUR
    assert looked(arrival, clock, one=seen(newer, clock.time))
    assert not active()


def test_a_mailbox_that_is_away_for_a_moment_is_no_alarm(probe, clock):
    """One that stays away for as long as patience goes is; canaries then stay undecided."""
    version, arrival = probe
    id_ = sent(version, clock)
    clock.time += 10 * SECOND
    assert looked(arrival, clock, UNAVAILABLE)
    assert not active()
    clock.time += 301 * SECOND
    assert looked(arrival, clock, UNAVAILABLE)
    assert active() == [arrivalledger.NOT_CHECKED]
    assert models.ArrivalCanary.objects.get(id=id_).state == "waiting"
    clock.time += 301 * SECOND
    assert looked(arrival, clock, one=seen(id_, clock.time - 600 * SECOND))
    assert not active()


def test_looks_become_rarer(probe, clock):
    """A canary is looked for soon after it was accepted, then less and less often."""
    version, arrival = probe
    sent(version, clock)
    began, times = clock.time, []
    while clock.time < began + HOUR:
        clock.time = max(clock.time + SECOND, models.ArrivalProbe.objects.get().look_at)
        assert looked(arrival, clock)
        times.append((clock.time - began) // SECOND)
    gaps = [after - before for before, after in pairwise(times)]
    assert times[0] <= 5
    assert 300 in times
    assert max(gaps) <= 301
    assert len(times) < 40


def test_another_mailbox_begins_anew(probe, clock):
    """What was sent for the one before is forgotten, and its alarm ends."""
    version, arrival = probe
    sent(version, clock)
    clock.time += 301 * SECOND
    looked(arrival, clock)
    waiting = sent(version, clock)
    adopted(clock, folder="Alarms")
    assert not active()
    assert not models.ArrivalCanary.objects.filter(id=waiting).exists()
    configuration.change(access.LOCAL, {"arrival": None})
    assert not arrivalledger.adopt(configuration.current(), clock)
    assert models.ArrivalProbe.objects.count() == 0


def test_a_clock_that_was_put_back_stops_nothing(probe, clock):
    """What seems due in a year is due."""
    version, arrival = probe
    clock.time += 365 * DAY
    sent(version, clock)
    clock.time -= 365 * DAY
    sent(version, clock)
    assert arrivalledger.plan(arrival, clock) is not None


def test_what_arrived_in_time_to_come_hides_nothing(probe, clock):
    """Under a clock that was a year ahead a canary arrived; one that is missing now is told."""
    version, arrival = probe
    clock.time += 365 * DAY
    ahead = sent(version, clock)
    clock.time += 10 * SECOND
    assert looked(arrival, clock, one=seen(ahead, clock.time))
    clock.time -= 365 * DAY
    sent(version, clock)
    clock.time += 301 * SECOND
    assert looked(arrival, clock)
    assert active() == [arrivalledger.NOT_ARRIVING]


def test_no_latency_is_below_zero(probe, clock):
    """The clock was put back between the 250 and the look: it is nothing, not less."""
    version, arrival = probe
    id_ = sent(version, clock)
    clock.time -= 60 * SECOND
    models.ArrivalProbe.objects.update(look_at=0)
    assert looked(arrival, clock, one=seen(id_, clock.time))
    row = models.ArrivalCanary.objects.get(id=id_)
    assert (row.state, row.latency) == ("arrived", 0)


@pytest.mark.parametrize(("found", "state"), [(True, "arrived"), (False, "not-sent")])
def test_the_mailbox_tells_whether_one_in_doubt_was_taken(probe, clock, found: bool, state: str):
    """The relay's answer was not heard: not there, it says nothing of arrival."""
    version, arrival = probe
    id_ = sent(version, clock, "unknown")
    clock.time += (20 if found else 301) * SECOND
    sighted = {"one": seen(id_, clock.time)} if found else {}
    assert looked(arrival, clock, **sighted)
    row = models.ArrivalCanary.objects.get(id=id_)
    assert (row.state, row.accepted_at is None) == (state, not found)
    assert not active()


def test_each_comes_to_its_verdict_however_fast_new_ones_come(home: Path, clock):
    """More wait than one look looks for: the first that went out are looked for too."""
    version, arrival = adopted(clock, every_s=60, patience_s=3600)
    first = sent(version, clock)
    for _ in range(30):
        sent(version, clock)
        models.ArrivalProbe.objects.update(look_at=0)
        looked(arrival, clock)
    assert models.ArrivalCanary.objects.get(id=first).state == "missing"
    assert active() == [arrivalledger.NOT_ARRIVING]


def test_few_pile_up_in_a_mailbox_that_cannot_be_read(probe, clock):
    """After days all that went out are still looked for, and then it goes on."""
    version, arrival = probe
    for _ in range(3 * 96):
        clock.time += 900 * SECOND
        if arrivalledger.send_due(version, clock):
            at = clock.time
            models.Delivery.objects.filter(state="queued").update(
                state="delivered", delivered_at=at
            )
            arrivalledger.note_accepted(clock)
        looked(arrival, clock, UNAVAILABLE)
    ids = list(models.ArrivalCanary.objects.values_list("id", flat=True))
    assert len(ids) == 20
    clock.time += 900 * SECOND
    assert looked(arrival, clock, **{one: seen(one, clock.time) for one in ids})
    assert not models.ArrivalCanary.objects.filter(state="waiting").exists()
    sent(version, clock)


def test_the_alarm_of_the_mailbox_ends_with_nothing_to_look_for(probe, clock):
    """That it can be read again is found out even when no canary goes out any more."""
    version, arrival = probe
    id_ = sent(version, clock)
    clock.time += 10 * SECOND
    looked(arrival, clock, Finding("imap.sign-in-rejected", {"host": "imap.example.org"}))
    assert active() == [arrivalledger.NOT_CHECKED]
    models.ArrivalCanary.objects.filter(id=id_).update(state="not-sent")
    assert not looked(arrival, clock), "a wrong password is not said again at once"
    clock.time += 300 * SECOND
    assert looked(arrival, clock)
    assert not active()


def test_a_new_version_is_tried_at_once(probe, clock):
    """Whoever corrected the password need not wait."""
    version, arrival = probe
    sent(version, clock)
    clock.time += 10 * SECOND
    looked(arrival, clock, UNAVAILABLE)
    assert arrivalledger.plan(arrival, clock) is None
    arrivalledger.adopt(version, clock)
    assert arrivalledger.plan(arrival, clock) is not None


def test_old_canaries_are_dropped(probe, clock):
    """After 30 days, when another goes out."""
    version, _ = probe
    sent(version, clock)
    clock.time += 31 * DAY
    newer = sent(version, clock)
    assert [one.id for one in models.ArrivalCanary.objects.all()] == [newer]
