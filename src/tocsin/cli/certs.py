"""``tocsin certs collect``: the chain that a server presents. Needs no manager and no home."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.base.home import Home
from tocsin.cli.main import common
from tocsin.cli.output import Output
from tocsin.cli.trouble import WrongUse

if TYPE_CHECKING:
    from tocsin.trust.anchor import Anchor

_HIGHEST_PORT = 65_535


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """Arguments of the command."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    collect = actions.add_parser("collect", help="the certificate chain of HOST, at every address")
    collect.add_argument("target", metavar="HOST[:PORT]")
    mode = collect.add_mutually_exclusive_group()
    mode.add_argument("--starttls", dest="mode", action="store_const", const="starttls")
    mode.add_argument("--smtps", dest="mode", action="store_const", const="smtps")
    collect.add_argument("--out", metavar="DIR", help="write one PEM file for each certificate")
    collect.add_argument(
        "--trust",
        metavar="FILE",
        action="append",
        help="PEM bundle in place of the home's trust store; an empty file trusts nothing",
    )
    collect.add_argument("--ciphers", metavar="LIST", help="in place of the home's policy")
    collect.add_argument("--min-tls", choices=["1.2", "1.3"], help="in place of the home's policy")
    collect.add_argument(
        "--timeout", metavar="SECONDS", type=float, default=30.0, help="for all of it (30)"
    )
    common(collect)
    collect.set_defaults(run=_collect)


def _collect(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    from tocsin.trust import collect  # noqa: PLC0415
    from tocsin.trust.ciphercheck import check_policy  # noqa: PLC0415
    from tocsin.trust.policy import DEFAULT_POLICY, CipherPolicy  # noqa: PLC0415

    host, port = _target(arguments.target)
    anchors = _anchors(arguments.trust, home)
    policy = CipherPolicy(
        arguments.ciphers or DEFAULT_POLICY.ciphers, arguments.min_tls or DEFAULT_POLICY.minimum
    )
    try:
        check_policy(policy)
    except ValueError as error:
        raise WrongUse(str(error)) from None
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


def _target(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or (":" in host and not host.endswith("]")):
        return text.strip("[]"), 587
    if not port.isdecimal() or not 0 < int(port) <= _HIGHEST_PORT:
        raise WrongUse(f"{text}: {port!r} is no port")
    return host.strip("[]"), int(port)


def _anchors(files: list[str] | None, home: Home) -> list[Anchor]:
    """The anchors of the files given, else of the home's trust store if there is a home."""
    from tocsin.trust.anchor import Anchor  # noqa: PLC0415
    from tocsin.trust.certificate import read_certificates  # noqa: PLC0415

    if files is not None:
        found = []
        for name in files:
            content = Path(name).read_bytes()
            if content.strip():
                found += [Anchor(one.title, one) for one in read_certificates(content)]
        return found
    if not home.database.exists():
        return []
    from tocsin.cli.store import use_store  # noqa: PLC0415

    use_store(home)
    from tocsin.engine.configuration import current  # noqa: PLC0415

    return [one.anchor for one in current().configuration.trust]
