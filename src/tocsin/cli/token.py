"""``tocsin token``: bearer tokens for the API."""

from __future__ import annotations

import argparse

from tocsin.base.clock import rfc3339
from tocsin.base.home import Home
from tocsin.cli.main import common
from tocsin.cli.output import Output, table
from tocsin.cli.store import use_store
from tocsin.domain.principal import Role


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """Arguments of the command."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    add = actions.add_parser("add", help="make a token; it is shown this once")
    add.add_argument("name", metavar="NAME")
    add.add_argument("--role", required=True, choices=[one.value for one in Role])
    add.add_argument("--days", type=int, metavar="N", help="how long it holds (default: for ever)")
    common(add)
    add.set_defaults(run=_add)
    listing = actions.add_parser("list", help="tokens, without their content")
    common(listing)
    listing.set_defaults(run=_list)
    remove = actions.add_parser("remove", help="end a token at once")
    remove.add_argument("name", metavar="NAME")
    common(remove)
    remove.set_defaults(run=_remove)


def _add(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access  # noqa: PLC0415

    token = access.add_token(
        access.LOCAL, arguments.name, Role(arguments.role), days=arguments.days
    )
    output.answer({"name": arguments.name, "token": token.reveal()}, token.reveal())
    return 0


def _list(_arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access  # noqa: PLC0415

    found = access.tokens(access.LOCAL)
    output.answer(
        [
            {
                "name": one.name,
                "role": one.role.value,
                "expires_at": rfc3339(one.expires_at) if one.expires_at else None,
            }
            for one in found
        ],
        table(
            ["NAME", "ROLE", "EXPIRES"],
            [
                [one.name, one.role.value, rfc3339(one.expires_at) if one.expires_at else "never"]
                for one in found
            ],
        ),
    )
    return 0


def _remove(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access  # noqa: PLC0415

    access.remove_token(access.LOCAL, arguments.name)
    output.answer({"removed": arguments.name}, f"{arguments.name} removed")
    return 0
