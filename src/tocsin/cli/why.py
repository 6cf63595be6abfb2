"""``tocsin why``: why somebody was told of an alarm, or nobody."""

from __future__ import annotations

import argparse

from tocsin.base.home import Home
from tocsin.cli.main import common
from tocsin.cli.output import Output, printable
from tocsin.cli.store import use_store


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """Arguments of the command."""
    parser.add_argument("alarm", metavar="ALARM", help="id of the alarm")
    common(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, why  # noqa: PLC0415

    answer = why.why(access.LOCAL, arguments.alarm)
    output.answer(
        why.why_json(answer), [printable(line) for line in why.why_text(answer).splitlines()]
    )
    return 0
