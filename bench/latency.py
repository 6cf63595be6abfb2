"""From an accepted alarm to the relay's 250, at a steady rate, beside smtplib.

Each round posts ``--rate`` single alarms a second for ``--seconds`` to a manager with 100
rules; each is stored durably, decided and mailed alone. What counts is the time from the
answer `202` to the sink's 250 for that alarm's mail. Then as many mails of the same size go,
at the same rate, through smtplib on one kept connection to the same sink: from the call to
the 250. The connections of both are open before the first counts.
"""

from __future__ import annotations

import argparse
import http.client
import json
import smtplib
import ssl
import time
from collections.abc import Callable
from contextlib import ExitStack

import run
from comparison import Aim, Comparison
from machine import wait_until
from manager import Manager, alarms, document
from result import latencies
from sink import USER, Sink
from steady import steadily

MEDIAN, WORST = "accepted to 250, median", "accepted to 250, 99 %"
ASKED_MEDIAN, ASKED_WORST = "request to 250, median", "request to 250, 99 %"
PEER_MEDIAN, PEER_WORST = "smtplib, call to 250, median", "smtplib, call to 250, 99 %"
_WARM = 50
"""Alarms and mails before those that count."""
_POSTERS = 8


def main() -> int:
    """Run and print."""
    options = _options()
    with run.folder(options) as folder, ExitStack() as stack:
        sink = Sink(folder / "sink")
        stack.callback(sink.stop)
        manager = Manager(folder / "tocsin")
        manager.apply(document(sink))
        token = manager.token()
        manager.start()
        stack.callback(manager.stop)
        rounds = [
            _alarms(options, sink, manager, token, f"r{number}") | _mails(options, sink, number)
            for number in range(options.rounds)
        ]
    print(f"milliseconds, {options.rate:g} a second for {options.seconds:g} s")
    run.report(options, Comparison(rounds, "{:,.2f}"), [Aim(WORST, PEER_WORST, 3, at_most=True)])
    return 0


def _alarms(
    options: argparse.Namespace, sink: Sink, manager: Manager, token: str, prefix: str
) -> dict[str, float]:
    asked: dict[str, int] = {}
    answered: dict[str, int] = {}
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}

    def poster(name: str) -> Callable[[], Callable[[int], None]]:
        def connect() -> Callable[[int], None]:
            connection = http.client.HTTPConnection("127.0.0.1", manager.port, timeout=60)

            def post(number: int) -> None:
                word = f"{prefix}{name}{number}"
                (alarm,) = alarms([word])
                asked[word] = _microseconds()
                connection.request("POST", "/api/v1/alarms", json.dumps(alarm), headers)
                answer = connection.getresponse()
                answer.read()
                if answer.status != 202:
                    raise SystemExit(f"the manager answered {answer.status}")
                answered[word] = _microseconds()

            return post

        return connect

    total = round(options.rate * options.seconds)
    _arrived(sink, _WARM, lambda: steadily(options.rate, _WARM, poster("w"), workers=_POSTERS))
    asked.clear()
    answered.clear()
    _arrived(sink, total, lambda: steadily(options.rate, total, poster("a"), workers=_POSTERS))
    arrivals = sink.arrivals()
    from_answer, from_request = latencies(answered, arrivals), latencies(asked, arrivals)
    return {
        MEDIAN: from_answer[0] * 1000,
        WORST: from_answer[1] * 1000,
        ASKED_MEDIAN: from_request[0] * 1000,
        ASKED_WORST: from_request[1] * 1000,
    }


def _mails(options: argparse.Namespace, sink: Sink, round_number: int) -> dict[str, float]:
    told = sink.told()
    body = "x" * 70 + "\r\n"
    text = body * (told.octets // told.messages // len(body))
    called: dict[str, int] = {}
    total = round(options.rate * options.seconds)

    def connect() -> Callable[[int], None]:
        context = ssl.create_default_context(cafile=str(sink.root_file))
        connection = smtplib.SMTP("localhost", sink.port, timeout=60)
        connection.starttls(context=context)
        connection.login(USER, sink.password_file.read_text().strip())

        def send(number: int) -> None:
            word = f"p{round_number}-{number}"
            called[word] = _microseconds()
            connection.sendmail(
                "tocsin@example.com", ["soc@example.com"], f"Subject: alarm {word}\r\n\r\n{text}"
            )

        return send

    _arrived(sink, total, lambda: steadily(options.rate, total, connect, workers=1))
    median, worst = latencies(called, sink.arrivals())
    return {PEER_MEDIAN: median * 1000, PEER_WORST: worst * 1000}


def _arrived(sink: Sink, count: int, send: Callable[[], None]) -> None:
    """Send, and wait until that many have arrived."""
    before = sink.told().messages
    send()
    wait_until(lambda: sink.told().messages - before >= count, "the mails", 60, 0.1)


def _microseconds() -> int:
    return time.time_ns() // 1000


def _options() -> argparse.Namespace:
    parser = run.parser(__doc__)
    parser.add_argument("--rate", type=float, default=100, help="alarms a second")
    parser.add_argument("--seconds", type=float, default=30, help="of each half of a round")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
