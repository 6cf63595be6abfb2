"""``tocsin deliveries`` and ``tocsin delivery``: the outbox with its evidence."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tocsin.base.clock import rfc3339
from tocsin.base.home import Home
from tocsin.cli.given import add_limit
from tocsin.cli.main import common
from tocsin.cli.output import Output, printable, table
from tocsin.cli.store import use_store
from tocsin.domain.delivery import DeliveryState

if TYPE_CHECKING:
    from tocsin.engine.deliveries import AttemptView, DeliveryView


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Arguments of both commands."""
    if name == "deliveries":
        parser.add_argument("--state", choices=[one.value for one in DeliveryState])
        parser.add_argument("--action", metavar="NAME")
        parser.add_argument("--alarm", metavar="ID", help="that tell of this alarm")
        parser.add_argument("--code", metavar="CODE", help="that failed by this fault last")
        add_limit(parser)
        common(parser)
        parser.set_defaults(run=_list)
        return
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    for verb, help_ in (
        ("show", "with the evidence of each attempt"),
        ("retry", "set it going again, at once"),
        ("cancel", "give it up"),
    ):
        one = actions.add_parser(verb, help=help_)
        one.add_argument("delivery", metavar="ID")
        common(one)
        one.set_defaults(run=_one, verb=verb)


def _list(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, deliveries  # noqa: PLC0415

    wanted = deliveries.DeliveryFilter(
        state=DeliveryState(arguments.state) if arguments.state else None,
        action=arguments.action,
        alarm=arguments.alarm,
        code=arguments.code,
    )
    found = list(deliveries.every_delivery(access.LOCAL, wanted, limit=arguments.limit))
    output.answer(
        [deliveries.delivery_json(one) for one in found],
        table(
            ["ID", "STATE", "ACTION", "QUEUED", "ATTEMPTS", "CODE", "TELLS"],
            [
                [
                    one.id,
                    one.state.value + ("?" if one.maybe_twice else ""),
                    one.action,
                    rfc3339(one.queued_at),
                    str(one.attempts_count),
                    one.code or "",
                    ", ".join(one.alarm_types),
                ]
                for one in found
            ],
        ),
    )
    return 0


def _one(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, deliveries  # noqa: PLC0415

    verbs = {
        "show": deliveries.get_delivery,
        "retry": deliveries.retry,
        "cancel": deliveries.cancel,
    }
    view = verbs[arguments.verb](access.LOCAL, arguments.delivery)
    output.answer(deliveries.delivery_json(view), delivery_lines(view))
    return 0


def delivery_lines(view: DeliveryView) -> list[str]:
    """One delivery for a person."""
    lines = [
        f"{view.action}: {view.state}" + (", may have arrived twice" if view.maybe_twice else ""),
        f"  tells       {printable(', '.join(view.alarm_types))}",
        f"  queued      {rfc3339(view.queued_at)}",
        f"  Message-ID  {view.message_id}",
    ]
    for one in view.recipients:
        said = f": {printable(one.reply)}" if one.reply else ""
        lines.append(f"  to          {one.address} {one.state}{said}")
    for attempt in view.attempts:
        lines += [f"  {line}" for line in attempt_lines(attempt)]
    return lines


def attempt_lines(attempt: AttemptView) -> list[str]:
    """One attempt for a person: what was said on the wire, and what a failure means."""
    where = f"{attempt.host}:{attempt.port} ({attempt.address})" if attempt.host else "no relay"
    lines = [
        f"attempt {attempt.number} at {rfc3339(attempt.started_at)} by {where}"
        + (f", {attempt.tls_version} {attempt.cipher}" if attempt.tls_version else "")
    ]
    for one in attempt.connection_transcript + attempt.transcript:
        lines += [f"  {one.at:8.3f}s > {printable(line)}" for line in one.sent.splitlines()]
        lines += [f"  {one.at:8.3f}s < {printable(line)}" for line in one.received.splitlines()]
    if attempt.explained is not None:
        told = attempt.explained
        lines += [f"  {told.title} [{told.code}]", f"    {told.cause}"]
        lines += [f"    - {step}" for step in told.fix]
    return lines
