"""The quota of a rolling day."""

from __future__ import annotations

from tocsin.base.clock import HOUR, MINUTE
from tocsin.engine.quota import Quota


def test_without_a_limit_there_is_room_for_any_number(clock):
    """None is set until somebody sets it."""
    quota = Quota()
    quota.add(5, clock.now())
    assert quota.room(clock.now()) is None


def test_recipients_count_for_a_day_and_then_no_more(clock):
    """A span is let go of when all of it is a day old, never before."""
    quota = Quota(200)
    quota.add(150, clock.now())
    assert quota.room(clock.now()) == 50
    clock.time += 23 * HOUR + 50 * MINUTE
    assert quota.room(clock.now()) == 50
    clock.time += 21 * MINUTE
    assert quota.room(clock.now()) == 200


def test_it_knows_what_others_took(clock):
    """What the store knows of the last day counts, whoever sent it."""
    quota = Quota(100)
    quota.load([(clock.now() - HOUR, 30, 60), (clock.now() - 2 * HOUR, 10, 45)])
    assert quota.room(clock.now()) == 0
