"""``tocsin relay``: the relays that mail goes to, and how they do."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tocsin.base.clock import rfc3339
from tocsin.base.home import Home
from tocsin.cli.main import common
from tocsin.cli.output import Output, printable
from tocsin.cli.store import use_store

if TYPE_CHECKING:
    from tocsin.engine.relayhealth import Observed, RelayHealth

_NOT_KNOWN = "not known"


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """Arguments of the command."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="each relay and how it does")
    common(listing)
    listing.set_defaults(run=_list)
    trying = actions.add_parser("try", help="look at a paused relay again, at once")
    trying.add_argument("name", metavar="NAME")
    common(trying)
    trying.set_defaults(run=_try)


def _list(_arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, relayhealth  # noqa: PLC0415

    found = relayhealth.relay_health(access.LOCAL)
    lines = [line for one in found for line in _lines(one)]
    output.answer(
        [relayhealth.health_json(one) for one in found], lines or ["no relay is configured"]
    )
    return 0


def _try(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, relayhealth  # noqa: PLC0415

    health = relayhealth.try_now(access.LOCAL, arguments.name)
    output.answer(
        relayhealth.health_json(health), f"{printable(health.name)}: is looked at again now"
    )
    return 0


def _lines(health: RelayHealth) -> Iterator[str]:
    """A relay for a person."""
    yield f"{printable(health.name)}: {printable(health.host)}:{health.port}, {_use(health)}"
    told = health.explained
    if told is not None:
        yield f"  {told.title} [{told.code}]"
        yield f"    {printable(told.cause)}"
        yield from (f"    - {printable(step)}" for step in told.fix)
    if health.probe_at is not None:
        yield f"  looked at next   {rfc3339(health.probe_at)}"
    accepted = health.last_accepted_at
    yield f"  last accepted    {rfc3339(accepted) if accepted else 'nothing yet'}"
    yield f"  in 24 hours      {_quota(health)}"
    yield f"  rate             {_rate(health)}"
    for one in health.observed:
        yield from _observed(one)
    if not health.observed:
        yield "  connections      not known: no responder has reported on it"


def _use(health: RelayHealth) -> str:
    if health.paused_at is not None:
        trying = ", being tried" if health.use == "trying" else ""
        return f"paused since {rfc3339(health.paused_at)}{trying}"
    return {
        "open": "in use",
        "trying": "being tried",
        "standby": "standing by",
    }.get(health.use or "", f"use {_NOT_KNOWN}")


def _quota(health: RelayHealth) -> str:
    used = f"{health.used} recipients in {health.messages} messages"
    if health.quota is None:
        return used
    if health.quota_set:
        return f"{used}, of {health.quota} recipients as set"
    others = health.account.sent_by_others
    return f"{used}, {others} by others, of {health.quota} recipients by Amazon SES"


def _rate(health: RelayHealth) -> str:
    parts = [
        f"{words} {value:g} recipients/s"
        for words, value in (
            ("set", health.rate_set),
            ("from Amazon SES", health.account.max_send_rate),
            ("learnt", health.learnt_rate),
        )
        if value is not None
    ]
    return ", ".join(parts) or "no limit is set or learnt"


def _observed(one: Observed) -> Iterator[str]:
    silent = "" if one.fresh else ", silent since"
    yield f"  as {printable(one.node)} said at {rfc3339(one.at)}{silent}:"
    yield f"    connections    {_said(one.connections)} of at most {_said(one.most_connections)}"
    for each in one.addresses:
        well = _NOT_KNOWN if each.ok is None else "connects" if each.ok else "fails"
        code = f" [{each.explained.code}]" if each.explained else ""
        at = f" at {rfc3339(each.at)}" if each.at is not None else ""
        yield f"    address        {printable(each.address)} {well}{code}{at}"


def _said(value: int | None) -> str:
    return _NOT_KNOWN if value is None else str(value)
