"""Counts over time as bars of a drawing that the server makes; its table says the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tocsin.base.clock import DAY, HOUR, MINUTE, Instant

SPAN: Instant = 30 * MINUTE
"""What one bar stands for."""
BARS = DAY // SPAN
HEIGHT = 100
_LEAST = 2.0
"""Height of the smallest part: one failure among a thousand deliveries is still seen."""
_GAP = 0.15


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a bar."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A span of time: its pieces from below, and its counts by kind."""

    at: Instant
    until: Instant
    parts: tuple[Part, ...]
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Plot:
    """The last day. `hours` holds each hour in which anything was, newest first."""

    bars: tuple[Bar, ...]
    most: int
    """What the highest bar counts."""
    totals: dict[str, int]
    hours: tuple[tuple[Instant, dict[str, int]], ...]

    @property
    def quarters(self) -> tuple[Instant, ...]:
        """When the drawing begins, three times between, and when it ends."""
        first, last = self.bars[0].at, self.bars[-1].until
        return tuple(first + place * (last - first) // 4 for place in range(5))


def begin(now: Instant) -> Instant:
    """The first moment that a plot drawn now shows."""
    return now - now % SPAN + SPAN - DAY


def draw(counts: Iterable[tuple[Instant, str, int]], kinds: Sequence[str], now: Instant) -> Plot:
    """The plot of counts at times; pieces are stacked in the order of `kinds`.

    Kinds that are not named are counted in the table alone.
    """
    first = begin(now)
    spans: list[Counter[str]] = [Counter() for _ in range(BARS)]
    totals: Counter[str] = Counter()
    hours: dict[Instant, Counter[str]] = {}
    for at, kind, count in counts:
        if not 0 <= (place := (at - first) // SPAN) < BARS:
            continue
        spans[place][kind] += count
        totals[kind] += count
        hours.setdefault(at - at % HOUR, Counter())[kind] += count
    most = max(sum(one[kind] for kind in kinds) for one in spans)
    return Plot(
        bars=tuple(
            Bar(
                first + place * SPAN,
                first + (place + 1) * SPAN,
                tuple(_stack(place, one, kinds, most)),
                dict(one),
            )
            for place, one in enumerate(spans)
        ),
        most=most,
        totals=dict(totals),
        hours=tuple((at, dict(one)) for at, one in sorted(hours.items(), reverse=True)),
    )


def _stack(place: int, one: Counter[str], kinds: Sequence[str], most: int) -> Iterable[Part]:
    y = float(HEIGHT)
    for kind in kinds:
        if one[kind]:
            # Room is kept for the least height of every kind, so that none grows out above.
            room = HEIGHT - _LEAST * len(kinds)
            height = round(_LEAST + room * one[kind] / most, 2)
            y = round(y - height, 2)
            yield Part(kind, place + _GAP / 2, y, 1 - _GAP, height)
