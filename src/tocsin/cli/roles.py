"""``tocsin web``, ``tocsin responder``, ``tocsin intake``: one role each."""

from __future__ import annotations

import argparse
import os

from tocsin.base.home import Home
from tocsin.cli.bind import add_bind, read_bind, why_unusable
from tocsin.cli.main import common
from tocsin.cli.output import Output
from tocsin.cli.trouble import Missing


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Arguments of a role command."""
    common(parser, answers=False)
    if name == "web":
        add_bind(parser)
    parser.set_defaults(run=_run, role=name)


def _run(arguments: argparse.Namespace, home: Home, _output: Output) -> int:
    from tocsin.engine.logs import set_up_logging  # noqa: PLC0415
    from tocsin.engine.start import open_store  # noqa: PLC0415

    # A wrong address is said before anything starts.
    host, port = read_bind(arguments) if arguments.role == "web" else ("", 0)
    home.make()
    set_up_logging(home, arguments.role)
    # Read with the settings: over plain HTTP a browser would not send back a secure cookie.
    os.environ["TOCSIN_HTTP"] = "1" if arguments.role == "web" and arguments.http else "0"
    open_store(home)
    if arguments.role == "web":
        from tocsin.engine import webrole  # noqa: PLC0415

        try:
            webrole.run(home, host, port, plain=arguments.http)
        except RuntimeError:  # the server's only word for whatever kept it from starting
            reason = why_unusable(host, port)
            if reason is None:
                raise
            raise Missing(reason) from None
    elif arguments.role == "responder":
        from tocsin.engine import responder  # noqa: PLC0415

        responder.run(home)
    else:
        from tocsin.engine import intakerole  # noqa: PLC0415

        intakerole.run(home)
    return 0
