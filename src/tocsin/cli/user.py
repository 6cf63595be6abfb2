"""``tocsin user``: people who sign in."""

from __future__ import annotations

import argparse

from tocsin.base.home import Home
from tocsin.cli.main import common
from tocsin.cli.output import Output, table
from tocsin.cli.store import use_store
from tocsin.domain.principal import Role


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """Arguments of the command."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    add = actions.add_parser("add", help="let somebody in, with a one-time password")
    add.add_argument("name", metavar="NAME")
    add.add_argument("--role", required=True, choices=[one.value for one in Role])
    common(add)
    add.set_defaults(run=_add)
    listing = actions.add_parser("list", help="who can sign in")
    common(listing)
    listing.set_defaults(run=_list)
    for verb, help_ in (("remove", "let somebody in no more"), ("reset", "new one-time password")):
        one = actions.add_parser(verb, help=help_)
        one.add_argument("name", metavar="NAME")
        common(one)
        one.set_defaults(run=_remove if verb == "remove" else _reset)


def _add(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access  # noqa: PLC0415

    password = access.add_person(access.LOCAL, arguments.name, Role(arguments.role))
    output.answer(
        {"name": arguments.name, "role": arguments.role, "one_time_password": password.reveal()},
        f"{arguments.name} ({arguments.role}), one-time password {password.reveal()}",
    )
    return 0


def _reset(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access  # noqa: PLC0415

    password = access.reset_password(access.LOCAL, arguments.name)
    output.answer(
        {"name": arguments.name, "one_time_password": password.reveal()},
        f"{arguments.name}, one-time password {password.reveal()}",
    )
    return 0


def _list(_arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access  # noqa: PLC0415

    found = access.people(access.LOCAL)
    output.answer(
        [{"name": one.name, "role": one.role.value, "one_time": one.one_time} for one in found],
        table(["NAME", "ROLE"], [[one.name, one.role.value] for one in found]),
    )
    return 0


def _remove(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access  # noqa: PLC0415

    access.remove_person(access.LOCAL, arguments.name)
    output.answer({"removed": arguments.name}, f"{arguments.name} removed")
    return 0
