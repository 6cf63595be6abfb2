"""From the API to the relay's 250: Tocsin beside Alertmanager, on one sink in one run.

Each alarm is stored durably, matched against 100 rules, decided, and mailed over STARTTLS
with AUTH; each outcome is stored durably. Alertmanager gets as many alerts, one group each.
Each round has a new home, and a new Alertmanager. All traffic stays on the loopback address.
The run ends by itself, at the latest after ``--seconds`` for each sender and round.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
from pathlib import Path
from typing import NamedTuple

import alertmanager
import manager
import run
from comparison import Aim, Comparison
from result import Result, table
from sink import Sink

TOCSIN = "Tocsin, mails a second from alarm to 250"
PEER = "Alertmanager, the same"


class Round(NamedTuple):
    """What one round gave."""

    results: list[Result]
    calm: tuple[float, float]


def main() -> int:
    """Run, print, and end with 1 when a mail was lost or the sink was the limit."""
    options = _options()
    with run.folder(options) as folder:
        sink = Sink(folder / "sink", delay_ms=options.delay_ms)
        try:
            rounds = [
                _round(options, folder / f"round-{number}", sink, f"r{number}-")
                for number in range(options.rounds)
            ]
            limit = sink.own_limit(size=int(rounds[0].results[0].octets_per_mail))
        finally:
            sink.stop()
    results = [Result.median(runs) for runs in zip(*(one.results for one in rounds), strict=True)]
    calm = [statistics.median(one.calm[place] for one in rounds) for place in (0, 1)]
    print(f"{options.alarms:,} alarms, {manager.RULES} rules, one mail an alarm\n")
    print(table(results))
    print(f"\nTocsin, one alarm every 20 ms: median {calm[0]:.4f} s, 99 % {calm[1]:.4f} s")
    print(f"the sink's own limit with such mails: {limit:,.0f} a second")
    names = (TOCSIN, PEER)[: len(results)]
    compared = Comparison(
        [
            {name: one.mails_per_s for name, one in zip(names, each.results, strict=True)}
            for each in rounds
        ]
    )
    further = {
        "results": [one.to_plain() for one in results],
        "calm": calm,
        "sink_limit": limit,
    }
    run.report(options, compared, [Aim(TOCSIN, PEER, 10)] if len(results) == 2 else [], further)
    return _judge(results, limit)


def _round(options: argparse.Namespace, folder: Path, sink: Sink, prefix: str) -> Round:
    results = []
    tocsin = manager.Manager(folder / "tocsin", database=options.database)
    tocsin.apply(manager.document(sink))
    token = tocsin.token()
    try:
        tocsin.start()
        results.append(
            manager.measure(
                *(tocsin, sink, token, options.alarms),
                batch=options.batch,
                seconds=options.seconds,
                prefix=prefix,
            )
        )
        calm = manager.calm_latency(tocsin, sink, token, prefix=f"{prefix}calm")
    finally:
        tocsin.stop()
    if not options.without_peer and alertmanager.installed():
        peer = folder / "alertmanager"
        results.append(
            alertmanager.run(sink, peer, options.alarms, seconds=options.seconds, prefix=prefix)
        )
    elif not options.without_peer:
        print("Alertmanager is not installed (prometheus-alertmanager): nothing to compare with")
    if not options.keep:
        shutil.rmtree(folder)
    return Round(results, calm)


def _judge(results: list[Result], limit: float) -> int:
    lost = sum(one.missing for one in results if one.sender == "Tocsin")
    if lost:
        print(f"FAILED: {lost} mails never arrived")
    bound = limit < 2 * max(one.mails_per_s for one in results)
    if bound:
        print("FAILED: the sink is not clearly faster than a sender, so the figures say nothing")
    return int(bool(lost) or bound)


def _options() -> argparse.Namespace:
    parser = run.parser(__doc__)
    parser.add_argument("--alarms", type=int, default=20_000)
    parser.add_argument("--batch", type=int, default=500, help="alarms a request")
    parser.add_argument("--seconds", type=float, default=180, help="longest wait for each sender")
    parser.add_argument("--delay-ms", type=int, default=0, help="of each write of the sink")
    parser.add_argument("--database", metavar="URL", help="a PostgreSQL instead of SQLite")
    parser.add_argument("--without-peer", action="store_true", help="Tocsin alone")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
