"""``tocsin action``: response actions."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from tocsin.base.home import Home
from tocsin.cli.delivery import attempt_lines
from tocsin.cli.main import common
from tocsin.cli.output import Output, printable, table
from tocsin.cli.store import use_store


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """Arguments of the command."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="the actions of the configuration")
    common(listing)
    listing.set_defaults(run=_list)
    test = actions.add_parser("test", help="deliver a test message and say what became of it")
    test.add_argument("name", metavar="NAME")
    common(test)
    test.set_defaults(run=_test)
    preview = actions.add_parser("preview", help="the message as it would be sent")
    preview.add_argument("name", metavar="NAME")
    preview.add_argument(
        "--alarm",
        metavar="ID",
        action="append",
        default=[],
        help="for this alarm (default: a test alarm); given several times, as one digest",
    )
    common(preview)
    preview.set_defaults(run=_preview)


def _list(_arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, configuration, feedbackflags  # noqa: PLC0415

    found = feedbackflags.marked(configuration.show_document(access.LOCAL)["actions"])
    output.answer(
        found,
        table(
            ["NAME", "KIND", "ENABLED", "FLAGGED"],
            [
                [
                    one["name"],
                    one["kind"],
                    "yes" if one.get("enabled", True) else "no",
                    ", ".join(flag["address"] for flag in one["flagged"]),
                ]
                for one in found
            ],
        )
        + _why_flagged(found),
    )
    return 0


def _why_flagged(actions: Sequence[Mapping[str, Any]]) -> list[str]:
    """The reason of each address that is flagged, said once."""
    reasons = {flag["address"]: flag["reason"] for one in actions for flag in one["flagged"]}
    if not reasons:
        return []
    lines = [f"{printable(address)}: {printable(why)}" for address, why in reasons.items()]
    return ["", *lines, "'tocsin ses flags' has more."]


def _test(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, actiontest  # noqa: PLC0415

    result = actiontest.test_action(access.LOCAL, arguments.name)
    lines = attempt_lines(result.attempt) if result.attempt is not None else []
    if result.ok and result.attempt is not None:
        lines.append(f"delivered: the relay said {result.attempt.reply}")
    elif result.explained is not None and result.attempt is None:
        lines.append(f"not delivered: {result.explained.cause} [{result.explained.code}]")
    else:
        lines.append("not delivered")
    output.answer(actiontest.result_json(result), lines)
    return 0 if result.ok else 1


def _preview(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.channels.email.kind import Unrenderable  # noqa: PLC0415
    from tocsin.engine import access, preview  # noqa: PLC0415

    try:
        mail = preview.preview_action(access.LOCAL, arguments.name, arguments.alarm)
    except Unrenderable as failure:
        problem = {"ok": False, "field": failure.field, "line": failure.line}
        output.answer({**problem, "problem": failure.reason}, f"not shown: {failure}")
        return 1
    output.answer(
        {"subject": mail.subject, "text": mail.text, "html": mail.html},
        [f"Subject: {mail.subject}", "", *mail.text.splitlines()],
    )
    return 0
