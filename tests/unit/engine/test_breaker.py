"""Whether a relay is used: paused by faults, tried again, opened by success."""

from __future__ import annotations

from tocsin.base.clock import MINUTE, SECOND
from tocsin.engine.breaker import Breaker, Use
from tocsin.faults.fault import Finding


def test_it_begins_by_trying(clock):
    """Nothing is known of a relay at first: one message is risked."""
    assert Breaker(clock).look() is Use.TRYING


def test_a_fault_pauses_and_time_tries_again(clock):
    """A passing fault is looked at again within seconds."""
    breaker = Breaker(clock)
    breaker.fail(Finding("tcp.refused"))
    assert breaker.look() is Use.PAUSED
    clock.time += 3 * SECOND
    assert breaker.look() is Use.TRYING


def test_a_wrong_password_is_not_hammered(clock):
    """What somebody must mend is tried seldom: accounts are locked otherwise."""
    breaker = Breaker(clock)
    breaker.fail(Finding("auth.rejected"))
    clock.time += 20 * SECOND
    assert breaker.look() is Use.PAUSED
    clock.time += MINUTE
    assert breaker.look() is Use.TRYING


def test_pauses_grow_and_have_a_ceiling(clock):
    """Each failure waits longer, up to a minute for what passes by itself."""
    breaker = Breaker(clock)
    for _ in range(30):
        breaker.fail(Finding("tcp.refused"))
    assert breaker.probe_at is not None
    assert breaker.probe_at - clock.now() <= 72 * SECOND


def test_the_pause_is_dated_from_its_beginning(clock):
    """The pause is dated from the first failure, not from the last."""
    breaker = Breaker(clock)
    began = clock.now()
    breaker.fail(Finding("tcp.refused"))
    clock.time += MINUTE
    breaker.fail(Finding("tcp.timeout"))
    assert breaker.paused_at == began


def test_success_opens_and_says_so_once(clock):
    """The first message taken ends the pause."""
    breaker = Breaker(clock)
    breaker.fail(Finding("tcp.refused"))
    clock.time += 3 * SECOND
    assert breaker.succeed(clock.now()) is True
    assert breaker.succeed(clock.now()) is False
    assert breaker.look() is Use.OPEN


def test_what_was_under_way_ends_no_pause(clock):
    """A message begun before the failure may be taken, and the relay stays paused."""
    breaker = Breaker(clock)
    began = clock.now()
    clock.time += SECOND
    breaker.fail(Finding("ses.rate-exceeded"))
    assert breaker.succeed(began) is False
    assert breaker.look() is Use.PAUSED


def test_a_changed_configuration_is_tried_at_once(clock):
    """Nobody waits ten minutes to see whether their correction helps."""
    breaker = Breaker(clock)
    breaker.fail(Finding("auth.rejected"))
    breaker.try_now()
    assert breaker.look() is Use.TRYING
