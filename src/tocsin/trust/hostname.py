"""Whether a certificate's names cover the host that was asked for (RFC 9525 section 6)."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address


def plain_host(host: str) -> str:
    """The host as TLS compares it: no brackets, no trailing dot, A-labels (RFC 5890)."""
    plain = host.strip("[]").removesuffix(".")
    if plain.isascii():
        return plain
    try:
        return plain.encode("idna").decode("ascii")
    except UnicodeError:
        return plain


def covers(names: Iterable[str], host: str) -> bool:
    """Whether one of the DNS names or IP addresses is the host.

    A wildcard stands for exactly one whole left-most label (RFC 9525 section 6.3).
    """
    wanted = plain_host(host).casefold()
    try:
        address = ip_address(wanted)
    except ValueError:
        return any(_covers_name(name.casefold().removesuffix("."), wanted) for name in names)
    return any(_is_address(name) and ip_address(name) == address for name in names)


def _covers_name(pattern: str, wanted: str) -> bool:
    if pattern.startswith("*."):
        first, dot, parent = wanted.partition(".")
        return bool(first and dot and "." in parent) and parent == pattern[2:]
    return pattern == wanted


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
