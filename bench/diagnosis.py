"""Does the doctor say what is wrong? Every rehearsal fault, every independent pair, no false alarm.

A *single* is right when the first code is the fault's own. A *pair* is right when both codes are
found and the first is one of the two. Which pairs are independent, the rehearsal itself says
(`tocsin.rehearsal.fault.pair`): a fault that ends the conversation hides what comes after it; two
faults in one answer cannot both be seen; what lies behind the sign-in cannot be seen through a
relay that did not prove itself, because the password is never sent to one. Two faults with one
code cannot be told apart and are left out.

Beside it stands what other programs say about the same relays (`bench/diagnosis_peers.py` has the
rule), and the doctor on correct configurations, where any warning or error is a false alarm.

Ends with 1 when an aim is missed: every single, 95 % of the pairs, no false alarm.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import shutil
import socket
import statistics
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import machine
from columns import columns
from diagnosis_healthy import CONFIGURATIONS, Configuration, configured
from diagnosis_peers import PEERS, Bystanders, Score, missing
from diagnosis_relay import Rehearsals
from diagnosis_walk import WITH_DHE, Said, diagnose, settings_for
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.fault.pair import independent_pairs
from tocsin.rehearsal.fault.registry import load_faults

One = TypeVar("One")
Result = TypeVar("Result")
Scores = dict[str, Score]

_AT_ONCE = 24
_PAIRS_AIM = 0.95
_WAITED_FOR = "smtp.banner-timeout"
"""The doctor waits half a minute for a late greeting: a sample leaves it out."""
ALSO = {"close-mid-data": ("smtp.outcome-unknown",)}
"""Codes that are as right: who has written the whole message cannot know what came of it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the doctor said about some faults, and whether that is right."""

    faults: tuple[str, ...]
    expected: tuple[tuple[str, ...], ...]
    """For each fault the codes that are right for it."""
    said: Said

    @property
    def first(self) -> bool:
        """The first code belongs to one of the faults."""
        return bool(self.said.codes) and any(self.said.codes[0] in one for one in self.expected)

    @property
    def right(self) -> bool:
        """The first code is right, and every fault is found."""
        return self.first and self.said.names(*self.expected)

    def to_plain(self) -> dict[str, object]:
        """Plain data."""
        return {
            "faults": self.faults,
            "expected": self.expected,
            "said": self.said.codes,
            "right": self.right,
            "ms": self.said.ms,
        }


def codes_of(fault: type[Fault]) -> tuple[str, ...]:
    """What is right to say about it."""
    return (fault.code, *ALSO.get(fault.name, ()))


def unseeable() -> dict[str, str]:
    """Faults that one walk on this machine cannot meet, and why."""
    found = {"other-intermediate": "one walk knows no chain of before"}
    places = {one[4][0] for one in socket.getaddrinfo("localhost", 25, type=socket.SOCK_STREAM)}
    if len(places) < 2:
        found["one-address-refused"] = "localhost has one address here"
    return {name: why for name, why in found.items() if name in load_faults()}


async def examine(relays: Rehearsals, names: Sequence[str]) -> Verdict:
    """A relay with these faults, and the doctor's word."""
    known = load_faults()
    async with relays.running(names) as endpoint:
        changes = {"policy": WITH_DHE} if "dh-1024" in names else {}
        settings = settings_for(endpoint, **changes)
        found = await diagnose(settings, large="close-mid-data" in names)
    return Verdict(tuple(names), tuple(codes_of(known[one]) for one in names), found)


async def examine_healthy(relays: Rehearsals, one: Configuration) -> tuple[str, Said]:
    """A correct configuration, and the doctor's word."""
    async with configured(one, relays) as settings:
        return one.name, await diagnose(settings)


async def ask_peers(relays: Rehearsals, names: Sequence[str], folder: Path) -> dict[str, Scores]:
    """What the peers are worth on each fault."""
    others = Bystanders(folder)
    async with relays.running() as honest:
        await others.learn(honest)

    async def about(name: str) -> tuple[str, Scores]:
        async with relays.running([name]) as endpoint:
            return name, await others.ask(endpoint, load_faults()[name])

    return dict(await _in_turn(about, names, 4))


async def _in_turn(
    work: Callable[[One], Awaitable[Result]], on: Sequence[One], at_once: int
) -> list[Result]:
    """Every one, so many at a time; the results in the order of the work."""
    places = asyncio.Semaphore(at_once)

    async def one_of(one: One) -> Result:
        async with places:
            return await work(one)

    return list(await asyncio.gather(*map(one_of, on)))


@dataclass(frozen=True, slots=True)
class Figures:
    """All that a run found."""

    singles: list[Verdict]
    pairs: list[Verdict]
    healthy: list[tuple[str, Said]]
    peers: dict[str, Scores]

    @property
    def false_alarms(self) -> list[tuple[str, Said]]:
        """Correct configurations that the doctor has something against."""
        return [(name, said) for name, said in self.healthy if said.alarms]

    def to_plain(self) -> dict[str, object]:
        """Plain data."""
        return {
            "singles": [one.to_plain() for one in self.singles],
            "pairs": [one.to_plain() for one in self.pairs],
            "healthy": [
                {"name": name, "said": said.codes, "alarms": said.alarms, "ms": said.ms}
                for name, said in self.healthy
            ],
            "peers": self.peers,
        }


async def measure(folder: Path, sample: int, *, peers: bool) -> Figures:
    """Everything, or with `sample` each so-many-th of the pairs, faults and configurations."""
    relays = Rehearsals(folder)
    await relays.make_keys()
    known = load_faults()
    left_out = set(unseeable())
    if sample > 1:
        left_out |= {one for one in known if known[one].code == _WAITED_FOR}
    faults = [one for one in known if one not in left_out][::sample]
    pairs = [one for one in told_apart() if not left_out & set(one)][::sample]
    here = _reachable(CONFIGURATIONS)[::sample]
    singles = await _in_turn(lambda one: examine(relays, [one]), faults, _AT_ONCE)
    both = await _in_turn(lambda one: examine(relays, one), pairs, _AT_ONCE)
    healthy = await _in_turn(lambda one: examine_healthy(relays, one), here, 1)
    others = await ask_peers(relays, faults, folder) if peers else {}
    return Figures(singles, both, healthy, others)


def told_apart() -> list[tuple[str, str]]:
    """The independent pairs whose codes differ."""
    known = load_faults()
    return [
        (first, second)
        for first, second in independent_pairs()
        if not set(codes_of(known[first])) & set(codes_of(known[second]))
    ]


def _reachable(configurations: Sequence[Configuration]) -> list[Configuration]:
    """Without IPv6 where this machine has none."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return [one for one in configurations if one.client.get("host") != "::1"]
    return list(configurations)


def show(figures: Figures) -> str:
    """The tables and ratios as text."""
    names = [one.name for one in PEERS] if figures.peers else []
    lines = [["fault", "doctor", *names]]
    for one in figures.singles:
        (fault,) = one.faults
        doctor = "right" if one.right else ", ".join(one.said.codes) or "nothing"
        scores = figures.peers.get(fault, {})
        lines.append([fault, doctor, *(scores[name] for name in names)])
    parts = [columns(lines)]
    parts += [_totals(figures, names)] if names else []
    wrong = [one for one in figures.pairs if not one.right]
    parts.append(
        "\n".join(
            f"wrong: {' + '.join(one.faults)}: said {', '.join(one.said.codes) or 'nothing'}"
            for one in wrong
        )
    )
    parts.append(
        "\n".join(
            f"false alarm: {name}: {', '.join(said.alarms)}" for name, said in figures.false_alarms
        )
    )
    parts.append(_ratios(figures))
    return "\n\n".join(part for part in parts if part)


def _totals(figures: Figures, names: Sequence[str]) -> str:
    counted = {name: Counter(one[name] for one in figures.peers.values()) for name in names}
    lines = [["of the faults", "doctor", *names]]
    right = sum(one.right for one in figures.singles)
    doctors = {
        Score.CAUSE: right,
        Score.NOTHING: sum(not one.said.codes for one in figures.singles),
    }
    doctors[Score.SYMPTOM] = len(figures.singles) - right - doctors[Score.NOTHING]
    for score, words in (
        (Score.CAUSE, "names the cause"),
        (Score.SYMPTOM, "shows a symptom"),
        (Score.NOTHING, "says nothing"),
    ):
        cells = [
            "-" if counted[name][Score.NOT_ASKED] else str(counted[name][score]) for name in names
        ]
        lines.append([words, str(doctors[score]), *cells])
    return columns(lines)


def _ratios(figures: Figures) -> str:
    right = sum(one.right for one in figures.singles)
    both = sum(one.right for one in figures.pairs)
    took = [said.ms for _, said in figures.healthy]
    return columns(
        [
            ["", "right", "of", "aim"],
            ["single faults", str(right), str(len(figures.singles)), "all"],
            ["pairs of faults", str(both), str(len(figures.pairs)), f"{_PAIRS_AIM:.0%}"],
            [
                "correct configurations without alarm",
                str(len(figures.healthy) - len(figures.false_alarms)),
                str(len(figures.healthy)),
                "all",
            ],
            ["median walk of those, ms", f"{statistics.median(took):.0f}", "", ""],
        ]
    )


def reached(figures: Figures) -> bool:
    """Whether the aims are met."""
    pairs = sum(one.right for one in figures.pairs)
    return (
        all(one.right for one in figures.singles)
        and pairs >= _PAIRS_AIM * len(figures.pairs)
        and not figures.false_alarms
    )


def main() -> int:
    """Run, print, and end with 1 when an aim is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a sample, without the peers")
    parser.add_argument("--no-peers", action="store_true", help="the doctor alone")
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    logging.disable()  # relays that break off on purpose are no news
    print(machine.describe())
    peers = not (options.quick or options.no_peers)
    for name, why in {**unseeable(), **(missing() if peers else {})}.items():
        print(f"left out: {name}: {why}")
    folder = Path(tempfile.mkdtemp(prefix="tocsin-bench-"))
    try:
        figures = asyncio.run(measure(folder, 7 if options.quick else 1, peers=peers))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(show(figures))
    if options.json:
        Path(options.json).write_text(json.dumps(figures.to_plain(), indent=2) + "\n")
    return int(not reached(figures))


if __name__ == "__main__":
    raise SystemExit(main())
