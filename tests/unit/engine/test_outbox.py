"""The outbox: claims, outcomes, leases that end."""

from __future__ import annotations

import pytest

from tocsin.base.clock import HOUR, MINUTE, SECOND
from tocsin.domain.delivery import DeliveryState, Recipient, RecipientState
from tocsin.domain.severity import Severity
from tocsin.engine import access, configuration
from tocsin.engine.accept import accept
from tocsin.engine.decide import decide
from tocsin.engine.response import Response
from tocsin.store.models import Attempt, Delivery
from tocsin.store.queries import outbox, outgoing
from tocsin.store.queries.outbox import Outcome
from tocsin.store.queries.outgoing import Outgoing

ME, OTHER = "node-a/one", "node-a/two"


@pytest.fixture
def queued(report, clock):
    """Queues one delivery for each severity given, and gives what waits."""

    def make(*severities: Severity) -> list[Outgoing]:
        accept(
            [
                report(type=f"t{place}", severity=severity)
                for place, severity in enumerate(severities)
            ],
            clock=clock,
        )
        configuration.change(
            access.LOCAL,
            {
                "actions": [{"name": "A", "kind": "email", "to": ["a@example.com"]}],
                "rules": [{"name": "R", "when": {}, "active": ["A"]}],
            },
        )
        latest = configuration.current()
        decide(Response(latest.number, latest.configuration), clock=clock)
        return outgoing.waiting(clock.now(), 100)

    return make


def outcome(one: Outgoing, state: DeliveryState, clock, **said) -> Outcome:
    """An attempt's outcome; what is not said is ordinary."""
    fields = {
        "delivery_id": one.id,
        "action": one.action,
        "kind": one.kind,
        "number": 1,
        "connection_id": None,
        "started_at": clock.now(),
        "finished_at": clock.now(),
        "ok": state is DeliveryState.DELIVERED,
        "in_doubt": False,
        "code": None,
        "facts": {},
        "reply": "250 Ok",
        "transcript": (),
        "state": state,
        "recipients": (Recipient("a@example.com", RecipientState.ACCEPTED, "250 Ok"),),
        "not_before": clock.now(),
    }
    return Outcome(**{**fields, **said})


def test_the_gravest_goes_first(queued):
    """Higher severity first; among equals the older."""
    found = queued(Severity.MINOR, Severity.CRITICAL, Severity.MINOR, Severity.MAJOR)
    assert [one.tellings[0].alarm.type for one in found] == ["t1", "t3", "t0", "t2"]


def test_a_delivery_is_claimed_once(queued, clock):
    """Two senders that want the same delivery: one gets it."""
    (one,) = queued(Severity.MAJOR)
    assert outbox.claim([one.id], ME, clock.now() + MINUTE) == {one.id}
    assert outbox.claim([one.id], OTHER, clock.now() + MINUTE) == set()
    assert outgoing.waiting(clock.now(), 10) == []
    assert Delivery.objects.get().state == "sending"


def test_delivered_is_kept_with_its_evidence(queued, clock):
    """The outcome ends the lease and leaves an attempt."""
    (one,) = queued(Severity.MAJOR)
    outbox.claim([one.id], ME, clock.now() + MINUTE)
    outbox.record([outcome(one, DeliveryState.DELIVERED, clock)], ME)
    row = Delivery.objects.get()
    assert (row.state, row.lease_owner, row.delivered_at) == ("delivered", None, clock.now())
    assert Attempt.objects.get().reply == "250 Ok"


def test_a_retry_waits_for_its_time(queued, clock):
    """A delivery that is put off comes back when it is due."""
    (one,) = queued(Severity.MAJOR)
    outbox.claim([one.id], ME, clock.now() + MINUTE)
    later = clock.now() + 10 * SECOND
    outbox.record([outcome(one, DeliveryState.RETRYING, clock, not_before=later)], ME)
    assert outgoing.waiting(clock.now(), 10) == []
    clock.time = later
    assert [found.id for found in outgoing.waiting(clock.now(), 10)] == [one.id]


def test_an_outcome_of_a_lost_claim_changes_nothing(queued, clock):
    """Who lost its lease cannot overwrite what the next one did; its attempt stays evidence."""
    (one,) = queued(Severity.MAJOR)
    outbox.claim([one.id], ME, clock.now() + MINUTE)
    outbox.record([outcome(one, DeliveryState.FAILED, clock)], OTHER)
    assert Delivery.objects.get().state == "sending"
    assert Attempt.objects.count() == 1


def test_what_never_reached_the_wire_comes_back_without_doubt(queued, clock):
    """A released claim is queued again, unmarked, and counts as no attempt."""
    (one,) = queued(Severity.MAJOR)
    outbox.claim([one.id], ME, clock.now() + MINUTE)
    assert outbox.release([one.id], ME) == ["email"]
    row = Delivery.objects.get()
    assert (row.state, row.attempts, row.maybe_twice) == ("queued", 0, False)


@pytest.mark.parametrize("owner", [ME, "node-b/x"])
def test_a_lease_that_ran_out_is_taken_back_marked(queued, clock, owner):
    """Whoever's it was: it may have arrived, so it is marked and sent again."""
    (one,) = queued(Severity.MAJOR)
    outbox.claim([one.id], owner, clock.now() + MINUTE)
    clock.time += 2 * MINUTE
    taken = outbox.take_back(clock.now(), "node-a", OTHER)
    assert [found[0] for found in taken] == [one.id]
    row = Delivery.objects.get()
    assert (row.state, row.maybe_twice, row.code) == ("retrying", True, "smtp.outcome-unknown")
    attempt = Attempt.objects.get()
    assert attempt.in_doubt
    assert [found.message_id for found in outgoing.waiting(clock.now(), 9)] == [one.message_id]


def test_a_dead_instance_of_this_node_is_not_waited_for(queued, clock):
    """After a restart the leases of the process before end at once; other nodes' do not."""
    first, second, third = queued(Severity.MAJOR, Severity.MAJOR, Severity.MAJOR)
    until = clock.now() + HOUR
    outbox.claim([first.id], ME, until)
    outbox.claim([second.id], OTHER, until)
    outbox.claim([third.id], "node-b/x", until)
    taken = outbox.take_back(clock.now(), "node-a", OTHER)
    assert [found[0] for found in taken] == [first.id]


def test_a_renewed_lease_holds(queued, clock):
    """A slow relay does not lose its sender the claim."""
    (one,) = queued(Severity.MAJOR)
    outbox.claim([one.id], ME, clock.now() + MINUTE)
    clock.time += 50 * SECOND
    outbox.renew_leases(ME, clock.now() + MINUTE)
    clock.time += 50 * SECOND
    assert outbox.take_back(clock.now(), "node-b", "node-b/x") == []


def test_what_waited_too_long_is_given_up(queued, clock):
    """After its expiry a delivery is failed, not sent a day late."""
    (one,) = queued(Severity.MAJOR)
    assert outbox.expire(clock.now(), 10) == []
    clock.time += 25 * HOUR
    assert outbox.expire(clock.now(), 10) == [(one.id, "email")]
    assert Delivery.objects.get().state == "failed"


def test_the_lightest_and_oldest_goes_in_the_end(queued, clock):
    """However many graver ones there are, some places are kept for the oldest."""
    found = queued(Severity.TRIVIAL, *[Severity.CRITICAL] * 40)
    oldest = min(found, key=lambda one: one.id)
    first = outgoing.waiting(clock.now(), 16)
    assert oldest.id in [one.id for one in first]
    assert len({one.id for one in first}) == 16


def test_retries_do_not_crowd_out_what_was_never_tried(queued, clock):
    """A recipient domain that refuses everything for now takes a part of the places."""
    found = queued(*[Severity.MAJOR] * 40)
    tried, fresh = found[:30], {one.id for one in found[30:]}
    outbox.claim([one.id for one in tried], ME, clock.now() + MINUTE)
    outbox.record([outcome(one, DeliveryState.RETRYING, clock) for one in tried], ME)
    first = [one.id for one in outgoing.waiting(clock.now(), 8)]
    assert len(fresh.intersection(first)) == 6


def test_all_that_waits_is_given_once(queued, clock):
    """Gravest, oldest and retries overlap, and nothing is given twice."""
    found = queued(*[Severity.MAJOR, Severity.MINOR] * 20)
    outbox.claim([one.id for one in found[:7]], ME, clock.now() + MINUTE)
    outbox.record([outcome(one, DeliveryState.RETRYING, clock) for one in found[:7]], ME)
    given = [one.id for one in outgoing.waiting(clock.now(), 100)]
    assert sorted(given) == sorted(one.id for one in found)


def test_a_retry_survives_a_clock_that_is_set_back(queued, clock):
    """It was planned for seconds later; an hour more would be the clock's doing."""
    (one,) = queued(Severity.MAJOR)
    outbox.claim([one.id], ME, clock.now() + MINUTE)
    later = clock.now() + 10 * SECOND
    outbox.record([outcome(one, DeliveryState.RETRYING, clock, not_before=later)], ME)
    assert outgoing.waiting(clock.now(), 9) == []
    clock.time -= HOUR
    assert [found.id for found in outgoing.waiting(clock.now(), 9)] == [one.id]


def test_a_living_sender_is_never_taken_from_by_itself(queued, clock):
    """The clock goes an hour forward: the leases seem to have run out, and have not."""
    (one,) = queued(Severity.MAJOR)
    outbox.claim([one.id], ME, clock.now() + MINUTE)
    clock.time += HOUR
    assert outbox.take_back(clock.now(), "node-a", ME) == []
    assert Delivery.objects.get().state == "sending"


def test_what_is_in_doubt_can_be_held(queued, clock):
    """By configuration: not sent again before a person has looked."""
    (one,) = queued(Severity.MAJOR)
    outbox.claim([one.id], ME, clock.now() + MINUTE)
    outbox.take_back(clock.now(), "node-a", OTHER, hold=True)
    row = Delivery.objects.get()
    assert (row.state, row.hold, row.maybe_twice) == ("held", "in-doubt", True)
    assert outgoing.waiting(clock.now(), 9) == []


def test_what_has_gathered_goes_when_its_time_comes(queued, clock):
    """Not before; and one begun in the future, before the clock was set back, at once."""
    first, second = queued(Severity.MAJOR, Severity.MAJOR)
    gathering = {"state": "held", "hold": "gathering"}
    Delivery.objects.filter(id=first.id).update(not_before=clock.now() + MINUTE, **gathering)
    future = clock.now() + HOUR
    Delivery.objects.filter(id=second.id).update(not_before=future, queued_at=future, **gathering)
    assert outbox.release_gathered(clock.now()) == ["email"]
    assert [found.id for found in outgoing.waiting(clock.now(), 9)] == [second.id]
    clock.time += MINUTE
    assert outbox.release_gathered(clock.now()) == ["email"]
    assert Delivery.objects.filter(state="queued", hold=None).count() == 2


def test_a_transition_is_told_once_by_an_action(queued):
    """The table itself refuses a second telling of the same transition by the same action."""
    from django.db import IntegrityError, transaction

    from tocsin.store.models import Telling

    queued(Severity.MAJOR)
    told = Telling.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Telling.objects.create(
            delivery=told.delivery, transition=told.transition, action=told.action
        )
