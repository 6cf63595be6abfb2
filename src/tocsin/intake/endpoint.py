"""Addresses of hosts in one form each, so that equal hosts compare equal."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

HIGHEST_PORT = 65_535

# Three usual ways to write 48 bits: 00:00:5e:00:53:01, 00-00-5E-00-53-01, 0000.5e00.5301.
_MAC = re.compile(
    r"[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}|[0-9a-f]{4}(?:\.[0-9a-f]{4}){2}"
)
_REMEMBERED = 65_536
_LONGEST_MAC = 17


@lru_cache(_REMEMBERED)
def canonical_ip(text: str) -> str:
    """The address as `ipaddress` writes it: IPv6 by RFC 5952, IPv4-mapped IPv6 as IPv4.

    A sensor on a dual-stack socket reports ``::ffff:192.0.2.7``; it is the same host as
    ``192.0.2.7``, and rules name it so.

    Raises:
        ValueError: the text is no IP address, or has a zone (``%eth0``), which means
            nothing on another machine.
    """
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            raise ValueError("an address with a zone")
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
    return str(address)


def canonical_mac(text: str) -> str:
    """A 48-bit hardware address in lower case with colons.

    Raises:
        ValueError: the text is none.
    """
    lower = text.lower() if len(text) <= _LONGEST_MAC else ""
    if _MAC.fullmatch(lower) is None:
        raise ValueError("no hardware address")
    digits = re.sub(r"[^0-9a-f]", "", lower)
    return ":".join(digits[place : place + 2] for place in range(0, 12, 2))
