"""What one sender did with the same alarms, and how two of them compare."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from columns import columns


@dataclass(frozen=True, slots=True)
class Result:
    """One run of one sender. Times in seconds, memory in MiB."""

    sender: str
    alarms: int
    accepted_per_s: float
    mails_per_s: float
    """From the first request to the last 250 that the sink gave."""
    latency_p50: float
    """From the answer to the request that brought the alarm to the sink's 250 for its mail."""
    latency_p99: float
    peak_memory_mib: float
    processor_ms_per_mail: float
    octets_per_mail: float
    connections: int
    missing: int
    twice: int

    @classmethod
    def median(cls, results: Sequence[Self]) -> Self:
        """Each figure's median over several runs of one sender; what went wrong is added up."""
        middle = {
            name: statistics.median_high(getattr(one, name) for one in results)
            for name in cls.__slots__
            if name not in ("missing", "twice")
        }
        wrong = {name: sum(getattr(one, name) for one in results) for name in ("missing", "twice")}
        return cls(**middle, **wrong)

    def to_plain(self) -> dict[str, Any]:
        """For ``--json``."""
        return asdict(self)


def latencies(
    answered: Mapping[str, int], arrived: Mapping[str, Sequence[int]]
) -> tuple[float, float]:
    """Median and 99th percentile of seconds from answer to first arrival.

    A mail that arrived before the request was answered waited for nothing.
    """
    waits = [
        max(0, min(arrived[word]) - at) / 1e6 for word, at in answered.items() if word in arrived
    ]
    if len(waits) < 2:
        return 0.0, 0.0
    cuts = statistics.quantiles(waits, n=100)
    return cuts[49], cuts[98]


_ROWS = (
    ("alarms accepted a second", "accepted_per_s", "{:,.0f}"),
    ("mails delivered a second", "mails_per_s", "{:,.0f}"),
    ("accepted to 250, median, s", "latency_p50", "{:.3f}"),
    ("accepted to 250, 99 %, s", "latency_p99", "{:.3f}"),
    ("peak memory, all processes, MiB", "peak_memory_mib", "{:,.0f}"),
    ("processor time a mail, ms", "processor_ms_per_mail", "{:.3f}"),
    ("octets a mail", "octets_per_mail", "{:,.0f}"),
    ("connections to the relay", "connections", "{:,}"),
    ("mails missing", "missing", "{:,}"),
    ("mails that came twice", "twice", "{:,}"),
)


def table(results: Sequence[Result]) -> str:
    """The runs side by side; with two of them, the first divided by the second."""
    head = ["", *(one.sender for one in results)]
    if len(results) == 2:
        head.append("ratio")
    lines = [head]
    for words, name, form in _ROWS:
        values = [getattr(one, name) for one in results]
        line = [words, *(form.format(value) for value in values)]
        if len(results) == 2:
            line.append(f"{values[0] / values[1]:.2f}" if values[1] else "-")
        lines.append(line)
    return columns(lines)
