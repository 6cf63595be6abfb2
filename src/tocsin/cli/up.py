"""``tocsin up``: all roles of a manager on this machine."""

from __future__ import annotations

import argparse
import os
import sys

from tocsin.base.home import Home
from tocsin.cli.bind import add_bind, read_bind, why_unusable
from tocsin.cli.main import common
from tocsin.cli.output import Output
from tocsin.cli.trouble import Missing


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """Arguments of the command."""
    common(parser, answers=False)
    add_bind(parser)
    parser.add_argument(
        "--rehearsal",
        action="store_true",
        help="also run the rehearsal relay, standing in for the SMTP server for this run only",
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    from tocsin.engine.logs import set_up_logging  # noqa: PLC0415
    from tocsin.engine.rehearsal import REHEARSING  # noqa: PLC0415
    from tocsin.engine.supervisor import RoleCommand, Supervisor  # noqa: PLC0415

    host, port = read_bind(arguments)
    home.make()
    set_up_logging(home, "up")
    environment: dict[str, str] = {}
    folder = ("--home", str(home.folder))
    bind = ("--bind", arguments.bind, *(("--http",) if arguments.http else ()))
    commands = [
        RoleCommand("web", ("web", *folder, *bind)),
        RoleCommand("responder", ("responder", *folder)),
        RoleCommand("intake", ("intake", *folder)),
    ]
    if arguments.rehearsal:
        inbox = home.folder / "rehearsal"
        relay = ("rehearse", *folder, "--stand-in", "--out", str(inbox))
        ports = ("--port", "0", "--smtps-port", "0")
        commands.append(RoleCommand("rehearse", (*relay, *ports), goes_first=True))
        environment[REHEARSING] = "1"
    scheme = "http" if arguments.http else "https"
    shown = f"[{host}]" if ":" in host else host

    def ready() -> None:
        output.note(f"Tocsin is up: {scheme}://{shown}:{port}/")
        _first_password(home, output)

    supervisor = Supervisor(home, commands, environment, ready)
    supervisor.take_home()
    reason = why_unusable(host, port)
    if reason is not None:
        raise Missing(reason)
    supervisor.run()
    return 0


def _first_password(home: Home, output: Output) -> None:
    """Show the first administrator's one-time password on a terminal, else say where it is."""
    from tocsin.engine.firstpassword import first_password_file  # noqa: PLC0415

    path = first_password_file(home)
    if not path.exists():
        return
    if sys.stderr.isatty() or os.environ.get("TOCSIN_SHOW_FIRST_PASSWORD") == "1":
        output.note(f"First sign-in: administrator, one-time password {path.read_text().strip()}")
        path.unlink()
    else:
        output.note(f"First sign-in: administrator, with the one-time password in {path}")
