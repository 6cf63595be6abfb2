"""Mails a second out of a full durable outbox, beside the same client without one and Postfix.

Each round fills a sink, STARTTLS and AUTH and PIPELINING, from:

- Tocsin's responder, started on a home whose outbox holds ``--mails`` deliveries;
- the same client in the same number of connections without a store, its messages (the same
  bytes) composed before; and once more composing as it goes;
- Debian's Postfix, ``--postfix-mails`` of the same message in its queue, as it comes and with
  its connections kept.

What counts is the time from the first 250 of the sink to the last. A mail that does not
arrive, or a sink that is not at least twice as fast as its fastest sender, fails the run.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import run
from comparison import Aim, Comparison
from machine import wait_until
from postfix import Postfix, why_not
from queued import Queued, delivered
from role import Role
from sink import Sink

OUTBOX = "Tocsin, out of its outbox"
AHEAD = "the same client, composed ahead"
ALONG = "the same client, composing"
POSTFIX = "Postfix"
POSTFIX_KEPT = "Postfix, connections kept"
_DIRECT = Path(__file__).with_name("direct.py")


def main() -> int:
    """Run, print, and end with 1 when the figures say nothing."""
    options = _options()
    refusal = "left out" if options.without_peer else why_not()
    if refusal is not None:
        print(f"no Postfix to compare with: {refusal}")
    with run.folder(options) as folder:
        sink = Sink(folder / "sink")
        try:
            bench = Bench(options, folder, sink, with_postfix=refusal is None)
            rounds = [bench.round(number) for number in range(options.rounds)]
            limit = sink.own_limit(size=bench.octets[OUTBOX])
        finally:
            sink.stop()
    aims = [Aim(OUTBOX, AHEAD, 0.5)]
    if refusal is None:
        aims.append(Aim(OUTBOX, POSTFIX_KEPT, 2))
    print(f"mails a second, {options.mails:,} of {bench.octets[OUTBOX]:,} octets")
    run.report(options, Comparison(rounds), aims, {"octets": bench.octets, "sink_limit": limit})
    print(f"\nthe sink's own limit with such mails: {limit:,.0f} a second")
    if limit < 2 * max(max(one.values()) for one in rounds):
        print("FAILED: the sink is not clearly faster than a sender, so the figures say nothing")
        return 1
    return 0


@dataclass(frozen=True, slots=True)
class Sent:
    """What the sink saw of one sender."""

    mails_per_s: float
    octets: int
    connections: int


class Bench:
    """One queue, many senders of it."""

    def __init__(
        self, options: argparse.Namespace, folder: Path, sink: Sink, *, with_postfix: bool
    ) -> None:
        self._options = options
        self._folder = folder
        self._sink = sink
        self._with_postfix = with_postfix
        self._queued = Queued.filled(folder / "queued", options.mails)
        self.octets: dict[str, int] = {}
        """Of a mail on average, by sender, as the sink counted them."""

    def round(self, number: int) -> dict[str, float]:
        """Every sender once."""
        folder = self._folder / f"round-{number}"
        out = self._from_outbox(folder / "outbox")
        sent = {
            OUTBOX: out,
            AHEAD: self._direct(folder / "ahead", out.connections, "--ahead"),
            ALONG: self._direct(folder / "along", out.connections),
        }
        self.octets = {name: one.octets for name, one in sent.items()}
        if self._with_postfix:
            for name, keep in ((POSTFIX, False), (POSTFIX_KEPT, True)):
                peer = folder / f"postfix-{keep:d}"
                sent[name] = self._from_postfix(peer, out.octets, keep_connections=keep)
        if not self._options.keep:
            shutil.rmtree(folder)
        return {name: one.mails_per_s for name, one in sent.items()}

    def _from_outbox(self, folder: Path) -> Sent:
        manager = self._queued.copy(folder, self._sink)
        mails = self._options.mails
        with ExitStack() as stack:
            sent = self._watch(lambda: stack.enter_context(Role(manager, "responder")), mails)
            wait_until(lambda: delivered(manager) >= mails, "the outcomes", 60)
        return sent

    def _direct(self, folder: Path, connections: int, *ahead: str) -> Sent:
        manager = self._queued.copy(folder, self._sink)
        words = [str(manager.home), "--connections", str(connections), *ahead]
        return self._watch(
            lambda: subprocess.run([sys.executable, str(_DIRECT), *words], check=True),
            self._options.mails,
        )

    def _from_postfix(self, folder: Path, octets: int, *, keep_connections: bool) -> Sent:
        message = self._folder / "message"
        message.write_text(_message(octets))
        with Postfix(folder, self._sink, keep_connections=keep_connections) as peer:
            peer.fill(message, self._options.postfix_mails)
            return self._watch(peer.release, self._options.postfix_mails)

    def _watch(self, start: Callable[[], object], mails: int) -> Sent:
        before = self._sink.told()
        start()
        wait_until(
            lambda: self._sink.told().messages - before.messages >= mails,
            "its mails",
            self._options.seconds,
            0.1,
        )
        after = self._sink.told()
        times = self._sink.times(since=before.messages)
        return Sent(
            mails_per_s=(len(times) - 1) * 1e6 / (times[-1] - times[0]),
            octets=(after.octets - before.octets) // len(times),
            connections=after.handshakes - before.handshakes,
        )


def _message(octets: int) -> str:
    head = "From: tocsin@example.com\nTo: soc@example.com\nSubject: alarm of the benchmark\n\n"
    return head + ("x" * 70 + "\n") * max(1, (octets - len(head)) // 72)


def _options() -> argparse.Namespace:
    parser = run.parser(__doc__)
    parser.add_argument("--mails", type=int, default=20_000)
    parser.add_argument("--postfix-mails", type=int, default=5_000)
    parser.add_argument("--without-peer", action="store_true", help="Tocsin's own client alone")
    parser.add_argument("--seconds", type=float, default=180, help="longest wait for each sender")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
