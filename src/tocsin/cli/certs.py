"""``tocsin certs collect``: the chain that a server presents. Needs no manager and no home."""

from __future__ import annotations

import argparse
import asyncio
import gc
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.base.home import Home
from tocsin.cli.given import seconds
from tocsin.cli.main import common
from tocsin.cli.output import Output
from tocsin.cli.probe import add_probe
from tocsin.cli.store import has_store, use_store
from tocsin.cli.trouble import WrongUse

if TYPE_CHECKING:
    from tocsin.central.configuration import Configuration
    from tocsin.trust.anchor import Anchor
    from tocsin.trust.policy import CipherPolicy

_HIGHEST_PORT = 65_535
_SUBMISSION = 587


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
    collect.add_argument(
        "--trust",
        metavar="FILE",
        action="append",
        help="PEM bundle in place of the home's trust store; an empty file trusts nothing",
    )
    collect.add_argument("--ciphers", metavar="LIST", help="in place of the home's policy")
    collect.add_argument("--min-tls", choices=["1.2", "1.3"], help="in place of the home's policy")
    collect.add_argument(
        "--timeout", metavar="SECONDS", type=seconds, default=30.0, help="for all of it (30)"
    )
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

    host, port = _target(arguments.target)
    own = _of_home(arguments, home)
    policy = _policy(arguments, own)
    begin_comparing(policy)  # goes on while the rest of the program is imported
    from tocsin.trust import collect  # noqa: PLC0415

    anchors = _anchors(arguments.trust, own)
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
        host, port = text, str(_SUBMISSION)  # no port, or an IPv6 address by itself
    host = host.removeprefix("[").removesuffix("]")
    if not host or not host.isprintable() or any(one in host for one in " /@"):
        raise WrongUse(f"{text!r} is no HOST or HOST:PORT")
    if not (port.isascii() and port.isdecimal()) or not 0 < int(port) <= _HIGHEST_PORT:
        raise WrongUse(f"{text}: {port!r} is no port")
    return host, int(port)


def _of_home(arguments: argparse.Namespace, home: Home) -> Configuration | None:
    """The configuration of the home, when there is one and the options leave something open."""
    if None not in (arguments.trust, arguments.ciphers, arguments.min_tls) or not has_store(home):
        return None
    use_store(home)
    from tocsin.engine.configuration import current  # noqa: PLC0415

    return current().configuration


def _anchors(files: list[str] | None, own: Configuration | None) -> list[Anchor]:
    """The anchors of the files given, else of the home's trust store if there is a home."""
    from tocsin.trust.anchor import Anchor  # noqa: PLC0415
    from tocsin.trust.certificate import read_certificates  # noqa: PLC0415

    if files is None:
        return _of_configuration(own)
    found = []
    for name in files:
        content = Path(name).read_bytes()
        if content.strip():
            found += [Anchor(one.title, one) for one in read_certificates(content)]
    return found


def _of_configuration(own: Configuration | None) -> list[Anchor]:
    if own is None:
        return []
    from tocsin.engine.trusted import trusted_anchors  # noqa: PLC0415 -- start-up time

    return list(trusted_anchors(own))


def _policy(arguments: argparse.Namespace, own: Configuration | None) -> CipherPolicy:
    from tocsin.trust.policy import DEFAULT_POLICY, CipherPolicy  # noqa: PLC0415

    base = DEFAULT_POLICY if own is None else own.ciphers.policy
    if arguments.ciphers is None and arguments.min_tls is None:
        return base
    from tocsin.trust.ciphercheck import check_policy  # noqa: PLC0415

    policy = CipherPolicy(
        base.ciphers if arguments.ciphers is None else arguments.ciphers,
        arguments.min_tls or base.minimum,
        base.maximum,
    )
    try:
        check_policy(policy)
    except ValueError as error:
        raise WrongUse(str(error)) from None
    return policy
