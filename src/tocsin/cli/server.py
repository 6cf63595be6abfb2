"""A server that is named on the command line, and under what it is looked at."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.base.home import Home
from tocsin.cli.given import seconds
from tocsin.cli.store import has_store, use_store
from tocsin.cli.trouble import WrongUse

if TYPE_CHECKING:
    from tocsin.central.configuration import Configuration
    from tocsin.trust.anchor import Anchor
    from tocsin.trust.policy import CipherPolicy

SUBMISSION = 587
"""The port of who names none (RFC 6409)."""
_HIGHEST_PORT = 65_535


def add_verification(parser: argparse.ArgumentParser, *, timeout: float) -> None:
    """What takes the place of the home's trust store and cipher policy."""
    parser.add_argument(
        "--trust",
        metavar="FILE",
        action="append",
        help="PEM bundle in place of the home's trust store; an empty file trusts nothing",
    )
    parser.add_argument("--ciphers", metavar="LIST", help="in place of the home's policy")
    parser.add_argument("--min-tls", choices=["1.2", "1.3"], help="in place of the home's policy")
    parser.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=seconds,
        default=timeout,
        help=f"for all of it ({timeout:g})",
    )


def read_server(text: str, usual_port: int) -> tuple[str, int]:
    """HOST or HOST:PORT.

    Raises:
        WrongUse: it is neither.
    """
    host, colon, port = text.rpartition(":")
    if not colon or (":" in host and not host.endswith("]")):
        host, port = text, str(usual_port)  # no port, or an IPv6 address by itself
    host = host.removeprefix("[").removesuffix("]")
    if not host or not host.isprintable() or any(one in host for one in " /@"):
        raise WrongUse(f"{text!r} is no HOST or HOST:PORT")
    if not (port.isascii() and port.isdecimal()) or not 0 < int(port) <= _HIGHEST_PORT:
        raise WrongUse(f"{text}: {port!r} is no port")
    return host, int(port)


def configuration_of(arguments: argparse.Namespace, home: Home) -> Configuration | None:
    """The configuration of the home, when there is one and the options leave something open."""
    if None not in (arguments.trust, arguments.ciphers, arguments.min_tls) or not has_store(home):
        return None
    use_store(home)
    from tocsin.engine.configuration import current  # noqa: PLC0415

    return current().configuration


def anchors_of(files: list[str] | None, own: Configuration | None) -> list[Anchor]:
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


def policy_of(arguments: argparse.Namespace, own: Configuration | None) -> CipherPolicy:
    """The policy of the options, what they leave open as in the home.

    Raises:
        WrongUse: it names what this OpenSSL does not know, or leaves nothing.
    """
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
