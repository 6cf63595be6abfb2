"""Memory of the responder, and time of a look at the outbox, with very many deliveries queued.

Each round does the same on a home with ``--few`` queued deliveries and on one with ``--many``:
the responder runs for ``--seconds`` and mails as fast as it can; its memory is the most that
it ever had resident (`VmHWM`). Then `tocsin deliveries --limit 50` and
`GET /api/v1/deliveries?limit=50` are timed, the median of several.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import run
from comparison import Aim, Comparison
from machine import MIB, resident_peak, wait_until
from manager import Manager
from queued import Queued, delivered
from role import Role
from sink import Sink

_LOOKS = 5


def main() -> int:
    """Run and print."""
    options = _options()
    with run.folder(options) as folder:
        sink = Sink(folder / "sink")
        try:
            few = Queued.filled(folder / "few", options.few)
            many = few.multiplied(folder / "many", options.many // options.few)
            rounds = [
                _round(options, folder / f"{number}-few", few, sink, options.few)
                | _round(options, folder / f"{number}-many", many, sink, options.many)
                for number in range(options.rounds)
            ]
        finally:
            sink.stop()
    aim = Aim(_memory(options.many), _memory(options.few), 1.5, at_most=True)
    print(f"{options.few:,} and {options.many:,} deliveries queued")
    run.report(options, Comparison(rounds, "{:,.1f}"), [aim])
    return 0


def _memory(size: int) -> str:
    return f"responder, MiB, {size:,} queued"


def _round(
    options: argparse.Namespace, folder: Path, queued: Queued, sink: Sink, size: int
) -> dict[str, float]:
    manager = queued.copy(folder, sink)
    with Role(manager, "responder") as responder:
        wait_until(lambda: delivered(manager) > 0, "the first mail", 120)
        time.sleep(options.seconds)
        peak = resident_peak(responder.pid)
    sent = delivered(manager)
    listed = _median_time(lambda: manager.command("deliveries", "--limit", "50"))
    with Role(manager, "web", *manager.bind):
        wait_until(manager.ready, "the pages", 60)
        asked = _median_time(lambda: _ask(manager, queued.token))
    if not options.keep:
        shutil.rmtree(folder)
    return {
        _memory(size): peak / MIB,
        f"mails sent meanwhile, {size:,} queued": sent,
        f"tocsin deliveries, ms, {size:,} queued": listed * 1000,
        f"GET /api/v1/deliveries, ms, {size:,} queued": asked * 1000,
    }


def _ask(manager: Manager, token: str) -> None:
    path = "/api/v1/deliveries?limit=50"
    status, _ = manager.request("GET", path, Authorization=f"Bearer {token}")
    if status != 200:
        raise SystemExit(f"the manager answered {status}")


def _median_time(look: Callable[[], object]) -> float:
    taken = []
    for _ in range(_LOOKS):
        begun = time.monotonic()
        look()
        taken.append(time.monotonic() - begun)
    return statistics.median(taken)


def _options() -> argparse.Namespace:
    parser = run.parser(__doc__)
    parser.add_argument("--few", type=int, default=1_000, help="deliveries in the small outbox")
    parser.add_argument("--many", type=int, default=1_000_000, help="a multiple of it")
    parser.add_argument("--seconds", type=float, default=10, help="how long mails are sent")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
