"""``tocsin certs collect``: the chain that a server presents. Needs no manager and no home."""

from __future__ import annotations

import argparse
import asyncio
import gc
from pathlib import Path

from tocsin.base.home import Home
from tocsin.cli.main import common
from tocsin.cli.output import Output
from tocsin.cli.probe import add_probe
from tocsin.cli.server import (
    SUBMISSION,
    add_verification,
    anchors_of,
    configuration_of,
    policy_of,
    read_server,
)


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """Arguments of the command."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    collect = actions.add_parser("collect", help="the certificate chain of HOST, at every address")
    collect.add_argument("target", metavar="HOST[:PORT]")
    mode = collect.add_mutually_exclusive_group()
    for word, help_ in (
        ("starttls", "TLS begins inside the conversation (default, but for ports 465 and 2465)"),
        ("smtps", "TLS begins at once"),
    ):
        mode.add_argument(f"--{word}", dest="mode", action="store_const", const=word, help=help_)
    collect.add_argument("--out", metavar="DIR", help="write one PEM file for each certificate")
    add_verification(collect, timeout=30.0)
    common(collect)
    collect.set_defaults(run=_collect)
    add_probe(actions)


def _collect(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    gc.disable()  # over before it would pay: most of the time goes into imports
    try:
        return _collect_and_tell(arguments, home, output)
    finally:
        gc.enable()


def _collect_and_tell(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    from tocsin.trust.publicroots import begin_comparing  # noqa: PLC0415

    host, port = read_server(arguments.target, SUBMISSION)
    own = configuration_of(arguments, home)
    policy = policy_of(arguments, own)
    begin_comparing(policy)  # goes on while the rest of the program is imported
    from tocsin.trust import collect  # noqa: PLC0415

    anchors = anchors_of(arguments.trust, own)
    found = asyncio.run(
        collect.collect(
            host, port, arguments.mode, anchors=anchors, policy=policy, timeout=arguments.timeout
        )
    )
    files = collect.save(found, Path(arguments.out)) if arguments.out else []
    lines = collect.text_report(found).splitlines()
    lines += [f"wrote {path}" for path in files]
    output.answer(found.to_json(), lines)
    return 0 if found.verdict.trusted else 1
