"""No more than so many mails in any hour, wherever the hour begins."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from tocsin.base.clock import HOUR, MINUTE
from tocsin.rules.ceiling import Ceiling

MOMENTS = st.integers(0, 40).map(lambda tenths: tenths * 6 * MINUTE)


def fullest(due: list[int]) -> int:
    """The most mails that lie in one hour, by looking at each hour that begins with one."""
    return max((sum(1 for two in due if 0 <= two - one < HOUR) for one in due), default=0)


def test_an_hour_is_any_hour():
    """Two at ten to eleven leave no place at ten past; at ten to twelve there is one."""
    ceiling = Ceiling(2, [50 * MINUTE, 50 * MINUTE])
    assert not ceiling.take(70 * MINUTE)
    assert ceiling.next_place(70 * MINUTE) == 110 * MINUTE
    assert ceiling.take(110 * MINUTE)
    assert ceiling.taken == [110 * MINUTE]


def test_without_a_number_there_is_always_a_place():
    """And nothing is counted."""
    ceiling = Ceiling(None)
    assert all(ceiling.take(0) for _ in range(100))
    assert ceiling.taken == []


def test_one_that_is_planned_far_ahead_keeps_nothing_from_going_before():
    """A digest that is due tomorrow shares its hour with no mail of today."""
    ceiling = Ceiling(1, [24 * HOUR])
    assert ceiling.take(0)
    assert ceiling.next_place(MINUTE) == HOUR


@given(st.integers(1, 4), st.lists(MOMENTS, max_size=30))
def test_no_hour_has_more_and_no_place_is_wasted(most: int, wanted: list[int]):
    """In whatever order: one is refused exactly where some hour would have too many."""
    ceiling = Ceiling(most)
    taken: list[int] = []
    for at in wanted:
        fits = fullest([*taken, at]) <= most
        assert ceiling.take(at) is fits
        if fits:
            taken.append(at)
    assert sorted(ceiling.taken) == sorted(taken)


@given(st.integers(1, 4), st.lists(MOMENTS, max_size=30), MOMENTS)
def test_the_next_place_is_the_first_there_is(most: int, wanted: list[int], after: int):
    """No earlier moment would do; moments lie on a grid that holds all of them."""
    ceiling = Ceiling(most)
    taken = [at for at in wanted if ceiling.take(at)]
    found = ceiling.next_place(after)
    assert found >= after
    assert fullest([*taken, found]) <= most
    for at in itertools.takewhile(lambda at: at < found, itertools.count(after, 6 * MINUTE)):
        assert fullest([*taken, at]) > most


@given(st.lists(MOMENTS, min_size=3, max_size=30), MOMENTS)
def test_a_ceiling_that_was_lowered_is_kept_from_then_on(before: list[int], after: int):
    """What was due before may be too much; what is added is not."""
    ceiling = Ceiling(2, before)
    at = ceiling.next_place(after)
    assert ceiling.take(at)
    near = [one for one in (*before, at) if abs(one - at) < HOUR]
    hours = [[two for two in near if 0 <= two - one < HOUR] for one in near]
    assert all(len(hour) <= 2 for hour in hours if at in hour)
