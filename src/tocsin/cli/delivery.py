"""``tocsin deliveries`` and ``tocsin delivery``: the outbox with its evidence."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tocsin.base.clock import rfc3339
from tocsin.base.home import Home
from tocsin.cli.given import add_limit
from tocsin.cli.main import common
from tocsin.cli.moment import moment
from tocsin.cli.output import Output, printable, table
from tocsin.cli.store import use_store
from tocsin.cli.trouble import WRONG
from tocsin.domain.delivery import DeliveryState, HoldReason

if TYPE_CHECKING:
    from tocsin.engine.deliveries import AttemptView, DeliveryView

RECEIPTS = ("arrived", "bounced", "complained", "none")
_HANDLINGS = (
    ("retry", "set it going again, at once"),
    ("hold", "keep it back until it is released"),
    ("release", "let it go that is held, at once"),
    ("cancel", "give it up"),
)
_PAST = {"retry": "queued again", "hold": "held", "release": "released", "cancel": "cancelled"}


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Arguments of both commands."""
    if name == "deliveries":
        parser.add_argument("--state", choices=[one.value for one in DeliveryState])
        parser.add_argument("--action", metavar="NAME")
        parser.add_argument("--alarm", metavar="ID", help="that tell of this alarm")
        parser.add_argument(
            "--receipt",
            choices=RECEIPTS,
            help="of which some recipient's receipt says this; none: nothing was said yet",
        )
        parser.add_argument("--code", metavar="CODE", help="that failed by this fault last")
        parser.add_argument("--text", metavar="TEXT", help="stands in a recipient or a reply")
        parser.add_argument(
            "--since",
            metavar="TIME",
            type=moment,
            help="queued then or later: 2026-11-24T22:00:00Z",
        )
        parser.add_argument(
            "--maybe-twice", action="store_true", default=None, help="that may have arrived twice"
        )
        add_limit(parser)
        common(parser)
        parser.set_defaults(run=_list)
        return
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    show = actions.add_parser("show", help="with the evidence of each attempt")
    show.add_argument("delivery", metavar="ID")
    common(show)
    show.set_defaults(run=_show)
    told = actions.add_parser("alarms", help="every alarm that it tells")
    told.add_argument("delivery", metavar="ID")
    common(told)
    told.set_defaults(run=_alarms)
    for verb, help_ in _HANDLINGS:
        one = actions.add_parser(verb, help=help_)
        one.add_argument("deliveries", metavar="ID", nargs="+")
        common(one)
        one.set_defaults(run=_handle, verb=verb)


def _list(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, deliveries, deliveryjson  # noqa: PLC0415

    wanted = deliveries.DeliveryFilter(
        state=DeliveryState(arguments.state) if arguments.state else None,
        action=arguments.action,
        alarm=arguments.alarm,
        code=arguments.code,
        maybe_twice=arguments.maybe_twice,
        text=arguments.text,
        since=arguments.since,
        receipt=deliveries.ReceiptFilter(arguments.receipt) if arguments.receipt else None,
    )
    found = list(deliveries.every_delivery(access.LOCAL, wanted, limit=arguments.limit))
    output.answer(
        [deliveryjson.delivery_json(one) for one in found],
        table(
            ["ID", "STATE", "RECEIPT", "ACTION", "QUEUED", "ATTEMPTS", "CODE", "TELLS"],
            [
                [
                    one.id,
                    one.state.value + ("?" if one.maybe_twice else ""),
                    _receipts(one),
                    one.action,
                    rfc3339(one.queued_at),
                    str(one.attempts_count),
                    one.code or "",
                    tells(one),
                ]
                for one in found
            ],
        ),
    )
    return 0


def _show(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, deliveries, deliveryjson  # noqa: PLC0415

    view = deliveries.get_delivery(access.LOCAL, arguments.delivery)
    output.answer(deliveryjson.delivery_json(view), delivery_lines(view))
    return 0


def _alarms(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, told  # noqa: PLC0415

    found = list(told.every_told(access.LOCAL, arguments.delivery))
    output.answer(
        [told.told_json(one) for one in found],
        table(
            ["ALARM", "SEVERITY", "BECAME", "AT", "TYPE"],
            [
                [one.alarm, one.severity.value, one.kind.value, rfc3339(one.at), one.type]
                for one in found
            ],
        ),
    )
    return 0


def _handle(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, deliveryjson, handling  # noqa: PLC0415

    what = handling.Handling(arguments.verb)
    if len(arguments.deliveries) == 1:
        view = handling.handle(access.LOCAL, what, arguments.deliveries[0])
        output.answer(deliveryjson.delivery_json(view), [f"{view.id}: {_PAST[arguments.verb]}"])
        return 0
    results = handling.handle_each(access.LOCAL, what, arguments.deliveries)
    output.answer(
        [handling.handled_json(one) for one in results],
        [f"{one.id}: {one.problem or _PAST[arguments.verb]}" for one in results],
    )
    return WRONG if any(one.problem for one in results) else 0


def _receipts(view: DeliveryView) -> str:
    """What was said later of its recipients, the worst first."""
    if len(view.recipients) == 1:
        return "".join(word for word, _ in view.receipts)
    return ", ".join(f"{count} {word}" for word, count in view.receipts)


def tells(view: DeliveryView) -> str:
    """What a delivery tells, on one line."""
    types = ", ".join(view.alarm_types)
    return f"{view.told} alarms: {types}" if view.told > 1 else types


def _held(view: DeliveryView) -> str:
    match view.hold:
        case HoldReason.GATHERING:
            return f" (gathers alarms until {rfc3339(view.not_before)})"
        case HoldReason.PERSON:
            return f" (by {view.held_by})"
        case HoldReason.IN_DOUBT:
            return " (its outcome is in doubt)"
    return ""


def delivery_lines(view: DeliveryView) -> list[str]:
    """One delivery for a person."""
    from tocsin.engine.deliveries import receipt_word  # noqa: PLC0415

    twice = ", may have arrived twice" if view.maybe_twice else ""
    lines = [
        f"{view.action}: {view.state}{printable(_held(view))}{twice}",
        f"  tells       {printable(tells(view))}",
        f"  queued      {rfc3339(view.queued_at)}",
        f"  Message-ID  {view.message_id}",
    ]
    for one in view.recipients:
        said = f": {printable(one.reply)}" if one.reply else ""
        lines.append(f"  to          {one.address} {one.state}{said}")
        if one.receipt_words:
            words = printable(one.receipt_words)
            lines.append(f"              {receipt_word(one)}: {words}")
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
    if attempt.rests_on is not None:
        rests_on = attempt.rests_on
        lines.append(f"  resumes the session of {rfc3339(rests_on.opened_at)} ({rests_on.id})")
    for one in attempt.connection_transcript + attempt.transcript:
        lines += [f"  {one.at:8.3f}s > {printable(line)}" for line in one.sent.splitlines()]
        lines += [f"  {one.at:8.3f}s < {printable(line)}" for line in one.received.splitlines()]
    if attempt.explained is not None:
        told = attempt.explained
        lines += [f"  {told.title} [{told.code}]", f"    {told.cause}"]
        lines += [f"    - {step}" for step in told.fix]
    return lines
