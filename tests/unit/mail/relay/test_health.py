"""The order in which a relay's addresses are tried, and what is told of each."""

from __future__ import annotations

import socket

from tocsin.base.clock import DAY
from tocsin.faults.fault import Finding
from tocsin.mail.relay.dial import Address
from tocsin.mail.relay.health import Health

REFUSED = Finding("tcp.refused")
V6, V4 = socket.AF_INET6, socket.AF_INET


def address(text: str) -> Address:
    return Address(text, V6 if ":" in text else V4, (text, 25))


def named(*texts: str) -> list[Address]:
    return [address(text) for text in texts]


def order(health: Health, *texts: str) -> list[str]:
    return [one.text for one in health.arrange(named(*texts))]


def test_without_trouble_the_systems_order_is_kept_and_families_take_turns(clock):
    """RFC 8305 section 4: a broken family holds up one address, not all of them."""
    health = Health(clock)
    assert order(health, "10.0.0.1", "10.0.0.2") == ["10.0.0.1", "10.0.0.2"]
    assert order(health, "::1", "::2", "::3", "10.0.0.1", "10.0.0.2") == [
        "::1",
        "10.0.0.1",
        "::2",
        "10.0.0.2",
        "::3",
    ]


def test_what_failed_lately_comes_last_and_nothing_is_left_out(clock):
    """Those that failed are tried too, first the one that has rested longest."""
    health = Health(clock)
    order(health, "10.0.0.1", "10.0.0.2", "10.0.0.3")
    health.failed("10.0.0.2", REFUSED)
    clock.advance(1)
    health.failed("10.0.0.1", REFUSED)
    assert order(health, "10.0.0.1", "10.0.0.2", "10.0.0.3") == [
        "10.0.0.3",
        "10.0.0.2",
        "10.0.0.1",
    ]


def test_the_only_address_is_never_given_up(clock):
    """However often it failed."""
    health = Health(clock)
    for _ in range(50):
        assert order(health, "10.0.0.1") == ["10.0.0.1"]
        health.failed("10.0.0.1", REFUSED)


def test_an_address_gets_its_place_back_after_a_rest_or_a_success(clock):
    """The rest doubles with each failure, up to a quarter of an hour."""
    health = Health(clock)
    order(health, "10.0.0.1", "10.0.0.2")
    health.failed("10.0.0.1", REFUSED)
    clock.advance(30)
    assert order(health, "10.0.0.1", "10.0.0.2")[0] == "10.0.0.1"
    health.failed("10.0.0.1", REFUSED)
    clock.advance(31)
    assert order(health, "10.0.0.1", "10.0.0.2")[0] == "10.0.0.2"
    for _ in range(40):
        health.failed("10.0.0.1", REFUSED)
    clock.advance(900)
    assert order(health, "10.0.0.1", "10.0.0.2")[0] == "10.0.0.1"
    health.failed("10.0.0.1", REFUSED)
    health.succeeded("10.0.0.1")
    assert order(health, "10.0.0.1", "10.0.0.2")[0] == "10.0.0.1"


def test_the_snapshot_tells_of_successes_and_failures(clock):
    """Times by the wall clock, failures since the last success, the code of the last one."""
    health = Health(clock)
    order(health, "10.0.0.1", "10.0.0.2")
    health.failed("10.0.0.1", REFUSED)
    health.failed("10.0.0.1", Finding("tls.expired", {"reason": "x"}))
    failed_at = clock.now()
    clock.advance(5)
    health.succeeded("10.0.0.2")
    first, second = health.snapshot()
    assert (first.address, first.failures, first.code) == ("10.0.0.1", 2, "tls.expired")
    assert (first.failed_at, first.succeeded_at, first.resting) == (failed_at, None, True)
    assert (second.failures, second.code, second.succeeded_at) == (0, None, clock.now())
    health.succeeded("10.0.0.1")
    again = health.snapshot()[0]
    assert (again.failures, again.code, again.resting) == (0, "tls.expired", False)
    assert first.failures == 2


def test_addresses_that_the_name_has_no_more_are_forgotten_after_a_day(clock):
    """A name whose addresses change daily does not grow a list without end."""
    health = Health(clock)
    order(health, "10.0.0.1")
    health.failed("10.0.0.1", REFUSED)
    clock.advance(DAY / 1_000_000 + 1)
    order(health, "10.0.0.2")
    assert [one.address for one in health.snapshot()] == ["10.0.0.2"]


def test_a_name_with_very_many_addresses_is_kept_in_bounds(clock):
    """The newest are kept, and all that were just named are still tried."""
    health = Health(clock)
    many = [f"10.0.{number // 250}.{number % 250}" for number in range(1000)]
    for start in range(0, 1000, 50):
        clock.advance(1)
        assert len(order(health, *many[start : start + 50])) == 50
    kept = [one.address for one in health.snapshot()]
    assert len(kept) <= 64
    assert set(many[-50:]) <= set(kept)
    assert len(order(health, *many)) == 1000
