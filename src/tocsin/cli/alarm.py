"""``tocsin alarm``: alarms in and out."""

from __future__ import annotations

import argparse
from typing import Any

from tocsin.base.home import Home
from tocsin.cli.given import add_limit, read_json
from tocsin.cli.main import common
from tocsin.cli.moment import moment
from tocsin.cli.output import Output, table
from tocsin.cli.store import use_store
from tocsin.cli.trouble import WRONG
from tocsin.domain.severity import Severity

_PAST = {"acknowledge": "acknowledged", "close": "closed"}


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """Arguments of the command."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    send = actions.add_parser("send", help="report alarms: one JSON object, or an array")
    send.add_argument("file", metavar="FILE|-", help="JSON file, or - for standard input")
    common(send)
    send.set_defaults(run=_send)
    listing = actions.add_parser("list", help="list alarms, newest first")
    listing.add_argument("--severity", choices=[one.value for one in Severity], help="at least")
    listing.add_argument("--state", choices=["active", "inactive"])
    listing.add_argument("--type", metavar="TYPE", help="exactly this one")
    listing.add_argument("--category", metavar="CATEGORY")
    listing.add_argument("--source", metavar="NAME", help="of the sensor")
    listing.add_argument("--host", metavar="IP", help="of either end")
    listing.add_argument("--text", metavar="TEXT", help="stands in the type or the details")
    listing.add_argument(
        "--since", type=moment, metavar="TIME", help="received then or later: 2026-11-24T22:00:00Z"
    )
    for word, help_ in (("acknowledged", "somebody looks after it"), ("closed", "it is done with")):
        listing.add_argument(
            f"--{word}", action=argparse.BooleanOptionalAction, default=None, help=help_
        )
    add_limit(listing)
    common(listing)
    listing.set_defaults(run=_list)
    for verb, help_ in (("acknowledge", "say that somebody looks after it"), ("close", "be done")):
        work = actions.add_parser(verb, help=help_)
        work.add_argument("alarm", metavar="ID")
        common(work)
        work.set_defaults(run=_work, verb=verb)


def _send(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    payload = read_json(arguments.file)
    use_store(home)
    from tocsin.engine import access, reporting  # noqa: PLC0415

    results = reporting.report(access.LOCAL, payload)
    lines = [
        one.id if one.id is not None else f"refused [{place}]: {one.problem_text()}"
        for place, one in enumerate(results)
    ]
    output.answer([reporting.result_json(one) for one in results], lines)
    stored = sum(one.id is not None for one in results)
    if stored < len(results):
        output.note(f"{len(results) - stored} of {len(results)} refused, {stored} stored")
    return 0 if stored else WRONG


def _list(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.domain.alarm import AlarmState  # noqa: PLC0415
    from tocsin.engine import access, alarms  # noqa: PLC0415

    wanted = alarms.AlarmFilter(
        severity=Severity(arguments.severity) if arguments.severity else None,
        state=AlarmState(arguments.state) if arguments.state else None,
        type=arguments.type,
        category=arguments.category,
        source=arguments.source,
        host=arguments.host,
        acknowledged=arguments.acknowledged,
        closed=arguments.closed,
        text=arguments.text,
        since=arguments.since,
    )
    found = list(alarms.every_alarm(access.LOCAL, wanted, limit=arguments.limit))
    output.answer([alarms.alarm_json(one) for one in found], _lines(found))
    return 0


def _lines(found: list[Any]) -> list[str]:
    return table(
        ["ID", "SEVERITY", "STATE", "COUNT", "SOURCE HOST", "TARGET HOST", "TYPE"],
        [
            [
                one.alarm.id,
                one.alarm.severity.value,
                one.alarm.state.value,
                str(one.alarm.count),
                one.alarm.source_host.ip or "",
                one.alarm.target_host.ip or "",
                one.alarm.type,
            ]
            for one in found
        ],
    )


def _work(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, alarms  # noqa: PLC0415

    act = alarms.acknowledge if arguments.verb == "acknowledge" else alarms.close
    view = act(access.LOCAL, arguments.alarm)
    output.answer(alarms.alarm_json(view), f"{view.alarm.id}: {_PAST[arguments.verb]}")
    return 0
