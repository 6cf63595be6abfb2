"""Mails a second through a relay that is far away and offers no PIPELINING, as Amazon SES is.

Each round starts Tocsin's responder on a home with ``--mails`` deliveries in its outbox. The
sink offers no PIPELINING; every octet to it and from it takes half of ``--round-trip-ms``
longer. More than connections / (round trips a message x round trip) mails a second can then
not go through; connections and round trips are what the sink counted.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import run
from comparison import Aim, Comparison
from distance import Distance
from machine import wait_until
from queued import Queued, delivered
from role import Role
from sink import Sink

RATE = "mails a second"
LIMIT = "the limit of its connections"
CONNECTIONS = "connections"
ROUND_TRIPS = "round trips a message"


def main() -> int:
    """Run and print."""
    options = _options()
    with run.folder(options) as folder:
        queued = Queued.filled(folder / "queued", options.mails)
        rounds = [
            _round(options, folder / f"round-{number}", queued) for number in range(options.rounds)
        ]
    print(
        f"{options.mails:,} mails through a relay without PIPELINING, "
        f"{options.round_trip_ms:g} ms away"
    )
    run.report(options, Comparison(rounds, "{:,.1f}"), [Aim(RATE, LIMIT, 0.8)])
    return 0


def _round(options: argparse.Namespace, folder: Path, queued: Queued) -> dict[str, float]:
    sink = Sink(folder / "sink", pipelining=False)
    distance = Distance(folder / "distance", sink.port, round_trip_ms=options.round_trip_ms)
    try:
        manager = queued.copy(folder / "tocsin", sink, port=distance.port)
        with Role(manager, "responder"):
            wait_until(
                lambda: delivered(manager) >= options.mails, "the outcomes", options.seconds, 0.2
            )
        told, times = sink.told(), sink.times(since=0)
    finally:
        distance.stop()
        sink.stop()
    round_trips = told.flights / told.messages
    return {
        # The first mail of each connection fell into no time that was measured.
        RATE: (len(times) - told.peak) * 1e6 / (times[-1] - times[0]),
        LIMIT: told.peak / (round_trips * options.round_trip_ms / 1000),
        CONNECTIONS: told.peak,
        ROUND_TRIPS: round_trips,
    }


def _options() -> argparse.Namespace:
    parser = run.parser(__doc__)
    parser.add_argument("--mails", type=int, default=4_000)
    parser.add_argument("--round-trip-ms", type=float, default=40)
    parser.add_argument("--seconds", type=float, default=300, help="longest wait for a round")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
