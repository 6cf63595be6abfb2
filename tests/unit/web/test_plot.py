"""Counts over time as bars: what is drawn is what was counted."""

from __future__ import annotations

import pytest

from tocsin.base.clock import DAY, HOUR, MINUTE
from tocsin.web.plot import BARS, HEIGHT, SPAN, begin, draw

NOW = 1_795_000_000_000_000
KINDS = ("delivered", "failed")


def test_a_day_ends_with_the_span_of_now():
    """The last bar holds now, the first begins a day before that bar's end."""
    plot = draw([], KINDS, NOW)
    assert len(plot.bars) == BARS == 48
    assert plot.bars[-1].at <= NOW < plot.bars[-1].until
    assert plot.bars[0].at == begin(NOW) == plot.bars[-1].until - DAY
    assert all(one.until - one.at == SPAN for one in plot.bars)
    assert plot.quarters[0] == plot.bars[0].at
    assert plot.quarters[-1] == plot.bars[-1].until
    assert (plot.most, plot.totals, plot.hours) == (0, {}, ())


def test_counts_are_added_up_where_they_belong():
    """Five-minute spans of one half hour are one bar; the table goes by hours."""
    first = begin(NOW)
    counts = [
        (first, "delivered", 3),
        (first + 25 * MINUTE, "delivered", 4),
        (first + 30 * MINUTE, "failed", 1),
        (first + 40 * MINUTE, "queued", 9),
    ]
    plot = draw(counts, KINDS, NOW)
    assert plot.bars[0].counts == {"delivered": 7}
    assert plot.bars[1].counts == {"failed": 1, "queued": 9}
    assert plot.totals == {"delivered": 7, "failed": 1, "queued": 9}
    assert plot.most == 7
    assert sum(sum(one.values()) for _, one in plot.hours) == 17
    assert [at for at, _ in plot.hours] == sorted((at for at, _ in plot.hours), reverse=True)
    assert all(at % HOUR == 0 for at, _ in plot.hours)
    assert [one.kind for one in plot.bars[1].parts] == ["failed"]


def test_what_is_outside_of_the_day_is_left_out():
    """Neither yesterday nor what a wrong clock has put ahead."""
    first = begin(NOW)
    plot = draw([(first - 1, "failed", 5), (first + DAY, "failed", 5)], KINDS, NOW)
    assert plot.totals == {}


@pytest.mark.parametrize("many", [1, 10, 1_000_000])
def test_bars_stand_on_the_ground_within_the_drawing(many):
    """Stacked without a gap, none above the edge, and one failure of a million is seen."""
    first = begin(NOW)
    plot = draw([(first, "delivered", many), (first, "failed", 1)], KINDS, NOW)
    lower, upper = plot.bars[0].parts
    assert lower.y + lower.height == pytest.approx(HEIGHT)
    assert upper.y + upper.height == pytest.approx(lower.y)
    assert upper.y >= 0
    assert upper.height >= 2
    assert lower.height >= upper.height
    assert lower.x >= 0
    assert lower.x + lower.width <= 1
