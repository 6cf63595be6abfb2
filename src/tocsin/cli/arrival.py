"""``tocsin arrival``: whether what the relay accepts arrives in the mailbox of the probe."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tocsin.base.clock import rfc3339
from tocsin.base.home import Home
from tocsin.cli.main import common
from tocsin.cli.output import Output, printable, table
from tocsin.cli.store import use_store
from tocsin.cli.trouble import Missing

if TYPE_CHECKING:
    from tocsin.engine.arrival import ArrivalView, Canary
    from tocsin.faults.fault import Explained

_SHOWN = 20
_LOOK_EVERY_S = 0.5
_SENDING_S = 60.0
"""How long a canary may take to the relay and its answer, beside the probe's own patience."""


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """Arguments of the command."""
    parser.add_argument(
        "--now", action="store_true", help="send a canary and wait for what becomes of it"
    )
    common(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    """Exit status 1 when the latest canary did not arrive, or nothing is known yet."""
    use_store(home)
    from tocsin.engine import access, appliance, arrival  # noqa: PLC0415

    view = arrival.arrival(access.LOCAL, _SHOWN)
    if view.settings is None:
        raise Missing("no mailbox is configured under arrival; see 'tocsin config apply'")
    if not appliance.is_running("responder"):
        raise Missing("the responder is not running; start the manager with 'tocsin up'")
    if not arguments.now:
        items = [arrival.canary_json(one) for one in view.canaries]
        output.answer({**arrival.arrival_json(view), "items": items}, _words(view))
        return 0 if view.arrives else 1
    one = _probe(view.settings.patience_s, output)
    after = arrival.arrival(access.LOCAL, 1)
    unread = after.mailbox if one.state == "waiting" else None
    output.answer(arrival.canary_json(one), (*_one(one), *_unread(unread)))
    return 0 if one.has_arrived else 1


def _probe(patience_s: int, output: Output) -> Canary:
    """Send one and wait until it has come to something, or till nothing more can be awaited."""
    from tocsin.engine import access, arrival  # noqa: PLC0415

    id_ = arrival.probe_now(access.LOCAL)
    output.note(f"canary {id_} is on its way; it has {patience_s} s to arrive")
    deadline = time.monotonic() + patience_s + _SENDING_S
    while True:
        one = arrival.canary(access.LOCAL, id_)
        if one.state != "waiting" or time.monotonic() > deadline:
            return one
        time.sleep(_LOOK_EVERY_S)


def _words(view: ArrivalView) -> Iterator[str]:
    settings = view.settings
    assert settings is not None
    place = f"{settings.folder} of {settings.server}"
    yield f"{printable(settings.to)}, looked for in {printable(place)}"
    if view.resting:
        yield "rests: the rehearsal relay stands in, and its mail comes to no mailbox"
    yield from _unread(view.mailbox)
    if view.latest is not None:
        yield from _one(view.latest)
    if not view.canaries:
        yield "no canary was sent yet"
        return
    yield ""
    yield from table(("queued", "state", "latency", "folder"), map(_row, view.canaries))


def _unread(mailbox: Explained | None) -> Iterator[str]:
    if mailbox is not None:
        yield f"cannot be checked: {mailbox.title} [{mailbox.code}]"
        yield f"  {printable(mailbox.cause)}"
        yield from (f"  - {printable(step)}" for step in mailbox.fix)


def _one(one: Canary) -> Iterator[str]:
    yield f"{_STATES[one.state]}{_after(one)}"
    told = one.explained
    if told is not None:
        yield f"{told.title} [{told.code}]"
        yield f"  {printable(told.cause)}"
        yield from (f"  - {printable(step)}" for step in told.fix)
    if one.state == "not-sent":
        yield f"  tocsin delivery show {one.id}"
    for by, delay in one.hops:
        waited = "" if delay is None else f"after {delay:g} s"
        yield f"  {printable(by) or '?'} {waited}".rstrip()


_STATES = {
    "arrived": "arrived",
    "late": "arrived late",
    "missing": "accepted and not arrived",
    "waiting": "on its way",
    "not-sent": "not accepted by the relay",
}


def _after(one: Canary) -> str:
    if one.latency_s is None:
        return ""
    how = "by the last server's clock" if one.measured == "received" else "as seen from here"
    return f" {one.latency_s:.1f} s after the relay accepted it ({how})"


def _row(one: Canary) -> tuple[str, str, str, str]:
    latency = "" if one.latency_s is None else f"{one.latency_s:.1f} s"
    return rfc3339(one.queued_at)[:19], _STATES[one.state], latency, one.folder or ""
