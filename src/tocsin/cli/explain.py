"""``tocsin explain``: what a log line of any mail program means. Needs no manager and no home."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence

from tocsin.base.home import Home
from tocsin.cli.given import STDIN
from tocsin.cli.main import common
from tocsin.cli.output import Output, printable
from tocsin.cli.trouble import WrongUse
from tocsin.faults.fault import Explained


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """Arguments of the command."""
    parser.add_argument(
        "text",
        nargs="*",
        metavar="TEXT",
        help="a log line, a stack trace, a relay's reply, in quotation marks; "
        "- or nothing: standard input",
    )
    common(parser)
    parser.set_defaults(run=_explain)


def _explain(arguments: argparse.Namespace, _home: Home, output: Output) -> int:
    text = _text(arguments.text)
    if not text.strip():
        raise WrongUse("nothing was given; name a text, or give it on standard input")

    from tocsin.faults.text.recognise import recognise_text  # noqa: PLC0415 -- start-up time
    from tocsin.faults.text.told import document, told  # noqa: PLC0415

    recognised = recognise_text(text)
    output.answer(document(recognised), _lines(told(recognised)))
    return 0 if recognised.known else 1


def _text(given: Sequence[str]) -> str:
    if given and given != [STDIN]:
        return " ".join(given)
    if sys.stdin is None or (not given and sys.stdin.isatty()):
        return ""
    # Logs hold octets of every kind; one that is no UTF-8 is no reason to stop.
    return sys.stdin.buffer.read().decode(errors="replace")


def _lines(findings: Sequence[Explained]) -> Iterator[str]:
    for number, one in enumerate(findings):
        if number:
            yield ""
        yield f"{one.title} [{one.code}]"
        yield f"  {one.cause}"
        yield from (f"  - {step}" for step in one.fix)
        seen = [f"{name}: {printable(value)}" for name, value in one.facts.items()]
        if seen:
            yield "  What was seen:"
            yield from (f"    {fact}" for fact in seen)
