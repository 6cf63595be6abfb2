"""``tocsin certs probe``: what a server's TLS takes. Needs no manager and no home."""

from __future__ import annotations

import argparse
import asyncio
from typing import Any

from tocsin.base.home import Home
from tocsin.cli.given import seconds
from tocsin.cli.main import common
from tocsin.cli.output import Output
from tocsin.cli.server import SUBMISSION, read_server


def add_probe(actions: Any) -> None:
    """The action among those of ``tocsin certs``."""
    probe = actions.add_parser(
        "probe", help="which versions and suites HOST takes, its temporary keys, and the rest"
    )
    probe.add_argument("target", metavar="HOST[:PORT]")
    mode = probe.add_mutually_exclusive_group()
    for word, help_ in (
        ("starttls", "TLS begins inside the conversation (default, but for ports 465 and 2465)"),
        ("smtps", "TLS begins at once"),
    ):
        mode.add_argument(f"--{word}", dest="mode", action="store_const", const=word, help=help_)
    probe.add_argument(
        "--timeout", metavar="SECONDS", type=seconds, default=60.0, help="for all of it (60)"
    )
    common(probe)
    probe.set_defaults(run=_probe)


def _probe(arguments: argparse.Namespace, _home: Home, output: Output) -> int:
    from tocsin.trust.deep.look import probe_deeply  # noqa: PLC0415
    from tocsin.trust.deep.words import report  # noqa: PLC0415

    host, port = read_server(arguments.target, SUBMISSION)
    found = asyncio.run(probe_deeply(host, port, arguments.mode, timeout=arguments.timeout))
    output.answer(found.to_json(), report(found))
    return 0 if found.reached else 1
