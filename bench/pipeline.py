"""From the API to the relay's 250: Tocsin beside Alertmanager, on one sink in one run.

Each alarm is stored durably, matched against 100 rules, decided, and mailed over STARTTLS
with AUTH; each outcome is stored durably. Alertmanager gets as many alerts, one group each.
All traffic stays on the loopback address. The run ends by itself, at the latest after
``--seconds`` for each sender.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path

import alertmanager
import machine
import manager
from result import Result, table
from sink import Sink


def main() -> int:
    """Run, print, and end with 1 when a mail was lost or the sink was the limit."""
    options = _options()
    folder = Path(tempfile.mkdtemp(prefix="tocsin-bench-"))
    print(machine.describe())
    sink = Sink(folder / "sink", delay_ms=options.delay_ms)
    try:
        results, calm = _run(options, folder, sink)
        limit = sink.own_limit(size=int(results[0].octets_per_mail))
    finally:
        sink.stop()
        if options.keep:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder)
    print(f"{options.alarms:,} alarms, {manager.RULES} rules, one mail an alarm\n")
    print(table(results))
    print(f"\nTocsin, one alarm every 20 ms: median {calm[0]:.4f} s, 99 % {calm[1]:.4f} s")
    print(f"the sink's own limit with such mails: {limit:,.0f} a second")
    if options.json:
        plain = [one.to_plain() for one in results]
        answer = {"results": plain, "calm": calm, "sink_limit": limit}
        Path(options.json).write_text(json.dumps(answer, indent=2) + "\n")
    return _judge(results, limit)


def _run(
    options: argparse.Namespace, folder: Path, sink: Sink
) -> tuple[list[Result], tuple[float, float]]:
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
            )
        )
        calm = manager.calm_latency(tocsin, sink, token)
    finally:
        tocsin.stop()
    if options.without_peer:
        return results, calm
    if alertmanager.installed():
        peer = folder / "alertmanager"
        results.append(alertmanager.run(sink, peer, options.alarms, seconds=options.seconds))
    else:
        print("Alertmanager is not installed (prometheus-alertmanager): nothing to compare with")
    return results, calm


def _judge(results: list[Result], limit: float) -> int:
    lost = sum(one.missing for one in results if one.sender == "Tocsin")
    if lost:
        print(f"FAILED: {lost} mails never arrived")
    bound = limit < 2 * max(one.mails_per_s for one in results)
    if bound:
        print("FAILED: the sink is not clearly faster than a sender, so the figures say nothing")
    return int(bool(lost) or bound)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alarms", type=int, default=20_000)
    parser.add_argument("--batch", type=int, default=500, help="alarms a request")
    parser.add_argument("--seconds", type=float, default=180, help="longest wait for each sender")
    parser.add_argument("--delay-ms", type=int, default=0, help="of each write of the sink")
    parser.add_argument("--database", metavar="URL", help="a PostgreSQL instead of SQLite")
    parser.add_argument("--without-peer", action="store_true", help="Tocsin alone")
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    parser.add_argument("--keep", action="store_true", help="keep the folder, with logs and home")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
