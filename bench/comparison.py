"""Figures of several rounds, and how one of them stands to another of the same round."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from columns import columns

Round = Mapping[str, float]
"""What one round measured, by the names that are printed."""


@dataclass(frozen=True, slots=True)
class Aim:
    """What one figure divided by another should come to."""

    measure: str
    against: str
    factor: float
    at_most: bool = False
    """The factor is the most that it may be; else it is the least."""

    def __str__(self) -> str:
        return f"{'at most' if self.at_most else 'at least'} {self.factor:g}"

    def reached(self, ratio: float) -> bool:
        """Whether a ratio is as it should be."""
        return ratio <= self.factor if self.at_most else ratio >= self.factor


class Comparison:
    """The figures of all rounds."""

    def __init__(self, rounds: Sequence[Round], form: str = "{:,.0f}") -> None:
        self._rounds = rounds
        self._form = form

    def ratio(self, aim: Aim) -> float:
        """The median of the rounds' own ratios: what slows a machine down slows both."""
        return statistics.median(one[aim.measure] / one[aim.against] for one in self._rounds)

    def figures(self) -> str:
        """Median, least and most of each figure."""
        lines = [["", "median", "least", "most"]]
        for name in self._rounds[0]:
            values = self._values(name)
            told = statistics.median(values), min(values), max(values)
            lines.append([name, *(self._form.format(one) for one in told)])
        return columns(lines)

    def ratios(self, aims: Sequence[Aim]) -> str:
        """Each aim with what came of it."""
        lines = [["", "ratio", "aim", ""]]
        for aim in aims:
            ratio = self.ratio(aim)
            verdict = "reached" if aim.reached(ratio) else "missed"
            lines.append([f"{aim.measure} / {aim.against}", f"{ratio:.2f}", str(aim), verdict])
        return columns(lines)

    def to_plain(self, aims: Sequence[Aim]) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "rounds": [dict(one) for one in self._rounds],
            "medians": {name: statistics.median(self._values(name)) for name in self._rounds[0]},
            "ratios": [self._plain(aim) for aim in aims],
        }

    def _values(self, name: str) -> list[float]:
        return [one[name] for one in self._rounds]

    def _plain(self, aim: Aim) -> dict[str, Any]:
        ratio = self.ratio(aim)
        return {
            "measure": aim.measure,
            "against": aim.against,
            "ratio": ratio,
            "aim": aim.factor,
            "at_most": aim.at_most,
            "reached": aim.reached(ratio),
        }
