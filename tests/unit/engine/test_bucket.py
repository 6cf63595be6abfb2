"""The rate of a relay: kept, lowered by refusals, raised again by success."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.engine.bucket import Bucket


def test_without_a_rate_there_is_no_limit():
    """Limits are none until set or learnt."""
    bucket = Bucket()
    assert bucket.rate is None
    assert bucket.room(10.0) is None
    assert bucket.wait(10.0) == 0


def test_a_second_holds_as_many_as_the_rate():
    """Fourteen a second: a full bucket has fourteen, and a second later again."""
    bucket = Bucket(14.0)
    assert bucket.room(100.0) == 14
    bucket.take(14)
    assert bucket.room(100.0) == 0
    assert bucket.room(100.5) == 7
    assert bucket.room(105.0) == 14


def test_a_rate_below_one_lets_one_go_now_and_then():
    """One in ten seconds is a rate, too."""
    bucket = Bucket(0.1)
    assert bucket.room(100.0) == 1
    bucket.take(1)
    assert bucket.room(105.0) == 0
    assert bucket.wait(105.0) == pytest.approx(5.0)
    assert bucket.room(110.01) == 1


def test_a_message_to_many_overdraws_and_is_waited_back():
    """One mail to fifty at ten a second: five seconds until the next."""
    bucket = Bucket(10.0)
    assert bucket.room(100.0) == 10
    bucket.take(50)
    assert bucket.room(104.0) == 0
    assert bucket.room(104.2) >= 1


@given(
    rate=st.floats(0.5, 500),
    steps=st.lists(st.tuples(st.floats(0, 0.7), st.integers(1, 40)), max_size=200),
)
def test_no_stretch_of_time_holds_more_than_the_rate_allows(rate, steps):
    """Over any stretch: at most the rate times its length, and what the bucket held."""
    bucket = Bucket(rate)
    now, sent = 1_000.0, []
    for pause, wish in steps:
        now += pause
        room = bucket.room(now)
        count = min(wish, room)
        if count > 0:
            bucket.take(count)
            sent.append((now, count))
    for place, (start, _) in enumerate(sent):
        total = 0
        for at, count in sent[place:]:
            total += count
            assert total <= rate * (at - start) + max(1.0, rate) + 1e-6


def test_a_refusal_lowers_the_rate_that_was_set():
    """The relay knows better than the configuration."""
    bucket = Bucket(10.0)
    for tenth in range(10):
        bucket.accepted(1, 100.0 + tenth / 10)
    assert bucket.refused(101.0)
    assert bucket.rate == pytest.approx(7.0)
    assert bucket.room(101.5) == 0
    assert bucket.room(103.5) >= 1


def test_without_a_set_rate_the_one_that_was_observed_is_lowered():
    """What went in the last second was too much."""
    bucket = Bucket()
    for hundredth in range(100):
        bucket.accepted(1, 100.0 + hundredth / 100)
    assert bucket.refused(101.0)
    assert bucket.rate == pytest.approx(70.0, rel=0.05)


def test_refusals_of_one_moment_count_once():
    """Four connections hear of the same."""
    bucket = Bucket(10.0)
    assert bucket.refused(100.0)
    lowered = bucket.rate
    assert not bucket.refused(100.3)
    assert bucket.rate == lowered


def test_success_raises_it_to_what_was_set_and_no_further():
    """After a while without a refusal the learnt rate rises and is let go of."""
    bucket = Bucket(10.0)
    bucket.refused(100.0)
    now, let_go = 100.0, False
    rates = []
    while now < 300 and not let_go:
        now += 0.5
        let_go = bucket.accepted(1, now)
        rates.append(bucket.rate)
    assert let_go
    assert bucket.rate == 10.0
    assert rates == sorted(rates)


def test_it_does_not_rise_at_once():
    """Ten seconds of quiet come first."""
    bucket = Bucket(10.0)
    bucket.refused(100.0)
    lowered = bucket.rate
    bucket.accepted(1, 109.0)
    assert bucket.rate == lowered


def test_several_senders_share_the_rate():
    """Two responders have half of it each."""
    bucket = Bucket(10.0, share=0.5)
    assert bucket.rate == 5.0


def test_what_was_not_sent_is_given_back():
    """A batch that another claimed first costs nothing."""
    bucket = Bucket(10.0)
    assert bucket.room(100.0) == 10
    bucket.take(10)
    bucket.give_back(10)
    assert bucket.room(100.0) == 10
