"""``--bind`` and ``--http``: where the pages are served."""

from __future__ import annotations

import argparse
import os
import socket
from ipaddress import ip_address

from tocsin.cli.trouble import WrongUse

DEFAULT = "127.0.0.1:8443"
_HIGHEST_PORT = 65_535


def add_bind(parser: argparse.ArgumentParser) -> None:
    """The two options."""
    parser.add_argument(
        "--bind",
        metavar="ADDRESS:PORT",
        default=os.environ.get("TOCSIN_BIND", DEFAULT),
        help=f"where pages and API are served (default: $TOCSIN_BIND, else {DEFAULT})",
    )
    parser.add_argument(
        "--http",
        action="store_true",
        help="serve plain HTTP: for loopback and behind a reverse proxy",
    )


def read_bind(arguments: argparse.Namespace) -> tuple[str, int]:
    """Address and port of ``--bind``.

    Raises:
        WrongUse: it is not ADDRESS:PORT.
    """
    host, colon, port = arguments.bind.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not port.isdecimal() or not 0 < int(port) <= _HIGHEST_PORT:
        raise WrongUse(f"--bind {arguments.bind}: accepted is ADDRESS:PORT, such as {DEFAULT}")
    try:
        ip_address(host)
    except ValueError:
        raise WrongUse(
            f"--bind {arguments.bind}: {host!r} is no IP address; 0.0.0.0 means every one"
        ) from None
    return host, int(port)


def why_unusable(host: str, port: int) -> str | None:
    """Why nothing can be served there just now; None when it can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((host, port))
        except OSError as error:
            return f"{host} port {port} cannot be used: {error.strerror}; --bind takes another"
    return None
