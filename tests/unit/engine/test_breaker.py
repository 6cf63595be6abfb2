"""Whether a relay is used: paused by faults, tried again, opened by success."""

from __future__ import annotations

from tocsin.base.clock import MINUTE, SECOND
from tocsin.engine.breaker import Breaker, Use
from tocsin.faults.fault import Finding


def test_it_begins_by_trying(clock):
    """Nothing is known of a relay at first: one message is risked."""
    assert Breaker(clock).use is Use.TRYING


def test_a_fault_pauses_and_time_tries_again(clock):
    """A passing fault is looked at again within seconds."""
    breaker = Breaker(clock)
    breaker.fail(Finding("tcp.refused"))
    assert breaker.use is Use.PAUSED
    clock.time += 3 * SECOND
    assert breaker.probe_in == 0


def test_a_wrong_password_is_not_hammered(clock):
    """What somebody must mend is tried seldom: accounts are locked otherwise."""
    breaker = Breaker(clock)
    breaker.fail(Finding("auth.rejected"))
    clock.time += 20 * SECOND
    assert breaker.probe_in > 0
    clock.time += MINUTE
    assert breaker.probe_in == 0


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
    assert breaker.succeed(clock.monotonic()) is True
    assert breaker.succeed(clock.monotonic()) is False
    assert breaker.use is Use.OPEN


def test_what_was_under_way_ends_no_pause(clock):
    """A message begun before the failure may be taken, and the relay stays paused."""
    breaker = Breaker(clock)
    began = clock.monotonic()
    clock.time += SECOND
    breaker.fail(Finding("smtp.temporary"))
    assert breaker.succeed(began) is False
    assert breaker.use is Use.PAUSED


def test_a_try_that_is_asked_for_is_due_at_once(clock):
    """Nobody waits ten minutes to see whether their correction helps."""
    breaker = Breaker(clock)
    breaker.fail(Finding("auth.rejected"))
    breaker.try_now()
    assert breaker.use is Use.PAUSED
    assert breaker.probe_in == 0


def test_a_probe_that_passed_risks_one_message(clock):
    """Being let in is no 250: the pause lasts until a message was taken."""
    breaker = Breaker(clock)
    breaker.fail(Finding("tls.untrusted-issuer"))
    breaker.probed()
    assert breaker.use is Use.TRYING
    assert breaker.paused_at is not None


def test_what_a_person_must_mend_is_told_at_once_and_a_blip_is_not(clock):
    """A refused connection may pass in seconds; a wrong password never does."""
    lasting, passing = Breaker(clock), Breaker(clock)
    lasting.fail(Finding("auth.rejected"))
    passing.fail(Finding("tcp.refused"))
    assert lasting.telling
    assert not passing.telling
    clock.time += 2 * MINUTE
    passing.fail(Finding("tcp.refused"))
    assert passing.telling


def test_a_clock_that_is_set_moves_no_probe():
    """What is waited for goes by a clock that nobody sets."""

    class SetBack:
        def __init__(self) -> None:
            self.wall, self.ticks = 1_795_000_000_000_000, 50.0

        def now(self) -> int:
            return self.wall

        def monotonic(self) -> float:
            return self.ticks

    clock = SetBack()
    breaker = Breaker(clock)
    breaker.fail(Finding("tcp.refused"))
    clock.wall -= 3600 * SECOND
    clock.ticks += 3
    assert breaker.probe_in == 0


def test_a_used_up_day_is_looked_at_seldom(clock):
    """A quota of a day frees itself in hours: half an hour passes before a look."""
    breaker = Breaker(clock)
    breaker.fail(Finding("ses.daily-quota"))
    assert breaker.probe_in > 20 * 60
    assert breaker.telling
