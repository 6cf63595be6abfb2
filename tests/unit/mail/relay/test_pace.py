"""Running averages of how fast a relay is."""

from __future__ import annotations

import pytest

from tocsin.mail.relay.pace import Pace


def test_nothing_is_known_before_the_first_answer():
    """No guess stands in for a measure; a batch without a delivery is none."""
    pace = Pace()
    pace.delivered(0, 5.0)
    assert (pace.round_trip, pace.seconds_per_message) == (None, None)


def test_the_first_measure_is_taken_as_it_is_and_later_ones_move_it():
    """One slow answer moves the average a little, many move it all the way."""
    pace = Pace()
    pace.answered(0.04)
    assert pace.round_trip == 0.04
    pace.answered(0.84)
    assert pace.round_trip == pytest.approx(0.14)
    for _ in range(100):
        pace.answered(0.84)
    assert pace.round_trip == pytest.approx(0.84, abs=0.001)


def test_a_large_batch_weighs_more_than_a_single_message():
    """Seconds for a message: 64 at once say more than one alone."""
    one, many = Pace(), Pace()
    for pace in (one, many):
        pace.delivered(10, 1.0)
        assert pace.seconds_per_message == pytest.approx(0.1)
    one.delivered(1, 0.2)
    many.delivered(64, 12.8)
    assert 0.1 < one.seconds_per_message < many.seconds_per_message < 0.2
