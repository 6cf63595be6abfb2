"""Addresses and networks as keys: whether one holds the other is one look-up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

NetworkKey = tuple[int, int, int]
"""IP version, bits below the prefix, number of the prefix; a single address is a network."""

_NOTHING: tuple[NetworkKey, ...] = ()


def network_key(text: str) -> NetworkKey:
    """The key of an address or a network in CIDR notation (RFC 4632).

    Raises:
        ValueError: it is neither, or has bits set below its prefix.
    """
    network = ip_network(text)
    below = network.max_prefixlen - network.prefixlen
    return network.version, below, int(network.network_address) >> below


@lru_cache(maxsize=65_536)
def _number(ip: str) -> tuple[int, int] | None:
    """IP version and number; an IPv4 address in IPv6 clothes (RFC 4291 2.5.5.2) is IPv4."""
    try:
        address = ip_address(ip.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.version, int(address)


def key_finder(keys: Iterable[NetworkKey]) -> Callable[[str], tuple[NetworkKey, ...]]:
    """A function that gives those of the keys that hold an address."""
    wanted = frozenset(keys)
    lengths: dict[int, list[int]] = {}
    for version, below in sorted({key[:2] for key in wanted}):
        lengths.setdefault(version, []).append(below)

    def find(ip: str) -> tuple[NetworkKey, ...]:
        # A name of 10 MB in place of an address must not fill the cache.
        known = _number(ip) if len(ip) <= 100 else None  # noqa: PLR2004
        if known is None:
            return _NOTHING
        version, number = known
        found = [
            key
            for below in lengths.get(version, ())
            if (key := (version, below, number >> below)) in wanted
        ]
        return tuple(found)

    return find
