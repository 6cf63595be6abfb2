"""``tocsin ses``: what can be known of Amazon SES without asking it."""

from __future__ import annotations

import argparse
import sys

from tocsin.base.home import Home
from tocsin.base.secret import Secret
from tocsin.cli.main import common
from tocsin.cli.output import Output
from tocsin.cli.trouble import WrongUse


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """Arguments of the command."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    password = actions.add_parser(
        "password", help="the SMTP password for an IAM secret access key on standard input"
    )
    password.add_argument("--region", required=True, metavar="R", help="such as eu-west-1")
    common(password)
    password.set_defaults(run=_password)


def _password(arguments: argparse.Namespace, _home: Home, output: Output) -> int:
    from tocsin.ses.password import derive  # noqa: PLC0415

    key = _secret_key()
    if not key:
        raise WrongUse("standard input is empty; the IAM secret access key is read from there")
    try:
        password = derive(key, arguments.region)
    except ValueError as error:
        raise WrongUse(str(error)) from None
    output.answer({"region": arguments.region, "password": password.reveal()}, password.reveal())
    return 0


def _secret_key() -> Secret:
    """One line of standard input; at a terminal it is asked for and not shown."""
    if sys.stdin is None:
        return Secret("")
    if sys.stdin.isatty():
        from getpass import getpass  # noqa: PLC0415

        return Secret(getpass("IAM secret access key: ").strip())
    return Secret(sys.stdin.buffer.readline().decode(errors="replace").strip())
