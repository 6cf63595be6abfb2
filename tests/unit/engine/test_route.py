"""Which relay carries, and over how many connections."""

from __future__ import annotations

import pytest

from tocsin.base.clock import SECOND
from tocsin.engine.relay import Relay
from tocsin.engine.route import Route, carriers
from tocsin.faults.fault import Finding
from tocsin.mail.relay import Encryption, RelaySettings

BROKEN = Finding("auth.rejected")


@pytest.fixture
def route(clock):
    """Makes a route; what is not said is ordinary."""

    def make(name: str, *, after_s: float = 0.0, rate: float | None = None) -> Route:
        settings = RelaySettings(name, "relay.example.com", 587, Encryption.STARTTLS)
        return Route(Relay(settings, "a@example.com", after_s, rate, None, 50), clock)

    return make


def opened(one: Route, clock) -> Route:
    """The same, after it took a message."""
    one.breaker.succeed(clock.monotonic())
    return one


def names(routes: list[Route]) -> list[str]:
    """What they are called."""
    return [one.name for one in routes]


def test_the_first_carries_alone_from_the_start(route, clock):
    """Nothing is known yet: it is tried, and the second is not."""
    assert names(carriers([route("one"), route("two", after_s=5)])) == ["one"]


def test_the_second_waits_until_the_first_was_paused_for_long_enough(route, clock):
    """A short pause is waited out."""
    both = [opened(route("one"), clock), route("two", after_s=5)]
    both[0].breaker.fail(BROKEN)
    assert carriers(both) == []
    clock.time += 6 * SECOND
    assert names(carriers(both)) == ["two"]


def test_the_first_is_tried_beside_the_second_and_takes_over(route, clock):
    """One message is risked with it; the others keep going by the second until it is taken."""
    both = [opened(route("one"), clock), opened(route("two"), clock)]
    both[0].breaker.fail(BROKEN)
    clock.time += SECOND
    both[0].breaker.probed()
    assert names(carriers(both)) == ["one", "two"]
    both[0].breaker.succeed(clock.monotonic() + 1)
    assert names(carriers(both)) == ["one"]


def test_a_third_comes_in_when_both_before_it_are_paused(route, clock):
    """Each waits for all before it."""
    three = [route("one"), route("two", after_s=2), route("three", after_s=4)]
    three[0].breaker.fail(BROKEN)
    clock.time += 3 * SECOND
    three[1].breaker.fail(BROKEN)
    assert carriers(three) == []
    clock.time += 5 * SECOND
    assert names(carriers(three)) == ["three"]


def test_one_connection_until_a_message_was_taken(route, clock):
    """However many wait: the relay may be wrong."""
    assert route("one").wanted(10_000) == 1


def test_a_near_relay_needs_few(route, clock):
    """At a tenth of a millisecond a message, four carry any backlog."""
    one = opened(route("one"), clock)
    one.memory.pace.delivered(1_000, 0.1)
    assert one.wanted(1) == 1
    assert one.wanted(512) == 4
    assert one.batch() == 64


def test_a_far_relay_needs_many(route, clock):
    """Four round trips of 40 ms a message: twenty connections for a backlog, a few each."""
    one = opened(route("one"), clock)
    one.memory.pace.delivered(100, 16.0)
    assert one.wanted(1) == 1
    assert one.wanted(500) == 20
    assert one.batch() == 4


def test_a_rate_needs_no_more_than_carry_it(route, clock):
    """Fourteen a second at 160 ms each: two are busy, some are for unevenness."""
    one = opened(route("one", rate=14.0), clock)
    one.memory.pace.delivered(100, 16.0)
    assert 2 <= one.wanted(500) <= 5


def test_what_the_store_knows_is_taken_over(route, clock):
    """A pause from before a restart goes on as a try; what was learnt stays."""
    from tocsin.engine.ledger import Remembered

    one = route("one")
    began = clock.now() - 90 * SECOND
    one.remember(Remembered(began, None, 3.5, [(clock.now(), 10, 20)]))
    assert one.breaker.paused_at == began
    assert one.bucket.rate == 3.5
    assert one.quota.used(clock.now()) == 20


def test_its_report_says_what_is_known_and_no_more(route, clock):
    """Nothing was delivered, so nothing is said of how long that takes."""
    said = route("one").report(standby=False)
    assert said["use"] == "trying"
    assert said["seconds_per_message"] is None
    assert said["rate"] is None
    assert said["addresses"] == []
    assert route("two").report(standby=True)["use"] == "standby"
