"""Groups and ceilings in the store: digests that gather, and what is never added to them."""

from __future__ import annotations

from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tocsin.base.clock import HOUR, MINUTE, SECOND
from tocsin.domain.severity import Severity
from tocsin.engine import access, configuration
from tocsin.engine.accept import accept
from tocsin.engine.decide import decide
from tocsin.engine.response import Response
from tocsin.store.models import Delivery, DeliveryTally, Gathering, MailSlot, Telling
from tocsin.store.queries.outbox import release_gathered

BY_TYPE = {"by": ["type"], "window_s": 60}


def respond(*, names=("A",), **settings) -> Response:
    """Make the document so, and compile it."""
    action = {"kind": "email", "to": ["a@example.com"], "group": "none", **settings}
    configuration.change(
        access.LOCAL,
        {
            "actions": [{**action, "name": name} for name in names],
            "rules": [{"name": "All", "when": {}, "active": list(names)}],
        },
    )
    latest = configuration.current()
    return Response(latest.number, latest.configuration)


@pytest.fixture
def come(report, clock):
    """Alarms that come and are decided about: `come(response, "scan", 3, severity=…)`."""
    number = 0

    def make(response: Response, type_: str = "scan", count: int = 1, **said) -> tuple[int, int]:
        nonlocal number
        reports = []
        for _ in range(count):
            number += 1
            reports.append(report(type=type_, dedup_key=str(number), **said))
        accept(reports, clock=clock)
        return decide(response, 10_000, clock=clock)

    return make


def told() -> list[tuple[str, int]]:
    """(state, told) of every delivery, in the order they were made."""
    found = list(Delivery.objects.order_by("id"))
    counted = Counter(Telling.objects.values_list("delivery", flat=True))
    assert {one.id: one.told for one in found} == counted
    return [(one.state, one.told) for one in found]


def test_the_first_is_queued_and_the_rest_gather(come, clock):
    """What comes in the window is one delivery, held until the window closes."""
    response = respond(group=BY_TYPE)
    assert come(response) == (1, 1)
    clock.time += SECOND
    assert come(response, count=3, severity=Severity.MINOR) == (3, 0)
    clock.time += SECOND
    assert come(response, count=2, severity=Severity.CRITICAL) == (2, 0)
    assert told() == [("queued", 1), ("held", 5)]
    digest = Delivery.objects.get(state="held")
    assert digest.hold == "gathering"
    assert digest.queued_at == clock.now() - SECOND
    assert digest.not_before == clock.now() - 2 * SECOND + MINUTE
    assert digest.expires_at == digest.not_before + 24 * HOUR
    assert digest.severity == Severity.CRITICAL.rank
    assert dict(DeliveryTally.objects.values_list("state", "entries")) == {"queued": 1, "held": 1}


def test_one_batch_may_hold_a_whole_storm(come):
    """The first of a batch at once, the rest of it together."""
    assert come(respond(group=BY_TYPE), count=700) == (700, 1)
    assert told() == [("queued", 1), ("held", 699)]


def test_a_digest_goes_out_when_its_window_closes(come, clock):
    """And the next one gathers what comes afterwards."""
    response = respond(group=BY_TYPE)
    come(response, count=3)
    clock.time += MINUTE - 1
    assert release_gathered(clock.now()) == []
    clock.time += 1
    assert release_gathered(clock.now()) == ["email"]
    come(response, count=2)
    assert told() == [("queued", 1), ("queued", 2), ("held", 2)]
    assert Delivery.objects.get(state="held").not_before == clock.now() + MINUTE


@pytest.mark.parametrize("state", ["cancelled", "queued", "sending", "delivered"])
def test_nothing_is_added_to_what_gathers_no_more(come, clock, state):
    """Whatever became of a digest before its time: what comes next is told in another."""
    response = respond(group=BY_TYPE)
    come(response, count=3)
    Delivery.objects.filter(state="held").update(state=state)
    clock.time += SECOND
    come(response, count=2)
    assert told() == [("queued", 1), (state, 2), ("held", 2)]


def test_nothing_is_added_to_what_a_person_holds(come, clock):
    """A held delivery is added to only while it gathers."""
    response = respond(group=BY_TYPE)
    come(response, count=2)
    Delivery.objects.filter(state="held").update(hold="person")
    come(response)
    assert told() == [("queued", 1), ("held", 1), ("held", 1)]


def test_other_recipients_hear_of_what_is_decided_for_them(come, clock):
    """A digest for those of before goes out as it is."""
    come(respond(group=BY_TYPE), count=3)
    come(respond(group=BY_TYPE, to=["b@example.com"]), count=2)
    assert told() == [("queued", 1), ("held", 2), ("held", 2)]
    assert "b@example.com" in Delivery.objects.order_by("id").last().recipients


def test_a_change_that_concerns_others_leaves_the_digest_together(come):
    """The delivery then names the version that its last was decided under."""
    come(respond(group=BY_TYPE), count=3)
    response = respond(names=("A", "B"), group=BY_TYPE)
    come(response, count=2)
    assert told() == [("queued", 1), ("held", 4), ("queued", 1), ("held", 1)]
    digests = Delivery.objects.filter(state="held", action="A")
    assert digests.get().configuration == response.version


def test_an_action_that_groups_no_more_lets_its_digest_go_at_its_time(come, clock):
    """And tells what comes at once."""
    come(respond(group=BY_TYPE), count=3)
    come(respond(), count=2)
    assert told() == [("queued", 1), ("held", 2), ("queued", 1), ("queued", 1)]
    assert release_gathered(clock.now() + MINUTE) == ["email"]


def test_groups_are_by_the_chosen_fields(come):
    """Each type has its own first and its own digest."""
    response = respond(group=BY_TYPE)
    come(response, "scan", 2)
    come(response, "leak", 3)
    assert told() == [("queued", 1), ("held", 1), ("queued", 1), ("held", 2)]


def test_a_group_may_be_the_rule_that_asked_first(come):
    """Alarms of different rules are told apart."""
    configuration.change(
        access.LOCAL,
        {
            "actions": [
                {
                    "name": "A",
                    "kind": "email",
                    "to": ["a@example.com"],
                    "group": {"by": ["rule"], "window_s": 60},
                }
            ],
            "rules": [
                {"name": "Scans", "when": {"type": "scan"}, "active": ["A"]},
                {"name": "All", "when": {}, "active": ["A"]},
            ],
        },
    )
    latest = configuration.current()
    response = Response(latest.number, latest.configuration)
    come(response, "scan", 2)
    come(response, "leak", 2)
    come(response, "probe", 1)
    assert told() == [("queued", 1), ("held", 1), ("queued", 1), ("held", 2)]


def test_no_hour_has_more_mails_than_the_ceiling(come, clock):
    """What is over it goes out together, an hour after the mail that took the place."""
    response = respond(max_mails_per_hour=2)
    come(response, count=5)
    assert told() == [("queued", 1), ("queued", 1), ("held", 3)]
    first = clock.now()
    clock.time += HOUR - 1
    come(response, count=2)
    assert told() == [("queued", 1), ("queued", 1), ("held", 5)]
    clock.time += 1
    assert release_gathered(clock.now()) == ["email"]
    come(response, count=1)
    assert told()[-2:] == [("queued", 5), ("queued", 1)]
    assert sorted(MailSlot.objects.values_list("due_at", flat=True)) == [
        first,
        first,
        first + HOUR,
        first + HOUR,
    ]


def test_mails_of_long_ago_are_no_longer_counted(come, clock):
    """Nor are they kept: the hour before is all that a ceiling asks about."""
    response = respond(max_mails_per_hour=2)
    come(response, count=2)
    clock.time += 2 * HOUR
    come(response, count=2)
    assert told() == [("queued", 1)] * 4
    assert MailSlot.objects.count() == 2


def test_a_cancelled_digest_counts_from_when_that_is_seen(come, clock):
    """What was planned and did not happen keeps no place in the future."""
    response = respond(max_mails_per_hour=1)
    come(response, count=3)
    Delivery.objects.filter(state="held").update(state="cancelled")
    clock.time += 5 * MINUTE
    come(response, count=2)
    assert told() == [("queued", 1), ("cancelled", 2), ("held", 2)]
    assert Delivery.objects.get(state="held").not_before == clock.now() + HOUR


def test_a_clock_set_back_by_an_hour_breaks_nothing(come, clock):
    """The digest of before goes; the next is told at once, or within an hour under a ceiling."""
    grouped, limited = respond(group=BY_TYPE), respond(names=("B",), max_mails_per_hour=1)
    come(grouped, count=3)
    come(limited, count=3)
    clock.time -= HOUR
    assert release_gathered(clock.now()) == ["email", "email"]
    come(grouped, count=2)
    come(limited, count=2)
    assert told()[4:] == [("queued", 1), ("held", 1), ("held", 2)]
    later = Delivery.objects.get(state="held", action="B")
    assert later.not_before == clock.now() + HOUR


def test_windows_of_the_past_are_dropped(come, clock):
    """What is kept follows the groups that are alive, not all there ever were."""
    response = respond(group={"by": ["type"], "window_s": 60})
    for number in range(5):
        come(response, f"type {number}")
    assert Gathering.objects.exclude(key="").count() == 5
    clock.time += 10 * MINUTE
    come(response, "another")
    assert Gathering.objects.exclude(key="").count() == 1


def test_every_group_of_a_large_batch_has_its_window(come):
    """More groups than one statement takes."""
    response = respond(group={"by": ["dedup_key"], "window_s": 60})
    assert come(response, count=1_000) == (1_000, 1_000)
    assert Gathering.objects.exclude(key="").count() == 1_000


def test_each_action_counts_for_itself(come):
    """Two actions of the same rule: each tells everything, once."""
    response = respond(names=("A", "B"), group=BY_TYPE, max_mails_per_hour=5)
    come(response, count=4)
    assert Counter(Telling.objects.values_list("action", flat=True)) == {"A": 4, "B": 4}
    assert sorted(told()) == [("held", 3), ("held", 3), ("queued", 1), ("queued", 1)]


def test_an_action_without_group_and_ceiling_asks_the_store_nothing_more(come, report, clock):
    """Not a statement is about windows or places."""
    response = respond()
    accept([report(type=f"t{number}") for number in range(50)], clock=clock)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert decide(response, clock=clock) == (50, 50)
    statements = [one["sql"] for one in asked.captured_queries]
    assert not [one for one in statements if "gathering" in one or "mail_slot" in one]
