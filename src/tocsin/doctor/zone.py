"""Asking name servers about records; what they say, that there is none, or that they are silent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dns.asyncresolver import Resolver

PORT = 53


class Silent(Exception):
    """The question was not answered: nobody spoke, or the name server failed; in words."""


class NoName(Exception):
    """The name does not exist (NXDOMAIN)."""


class Zone:
    """Questions to the name servers of this machine, or to those named.

    Args:
        servers: ``address`` or ``address:port`` each; none: those of this machine.
        seconds: how long one question may take, all its tries together.

    Raises:
        Silent: from the first question, where this machine has no name servers.
    """

    def __init__(self, servers: Sequence[str], seconds: float) -> None:
        self._servers = tuple(servers)
        self._seconds = seconds
        self._resolver: Resolver | None = None

    async def ask(self, name: str, kind: str) -> tuple[str, ...]:
        """The records of a name, in their textual form; TXT joined and without quotes.

        Raises:
            NoName: there is no such name.
            Silent: there was no answer.
        """
        import dns.exception  # noqa: PLC0415 -- seldom needed, and long to load
        import dns.resolver  # noqa: PLC0415

        try:
            resolver = self._resolver = self._resolver or self._make()
            async with asyncio.timeout(self._seconds):
                answer = await resolver.resolve(name, kind, raise_on_no_answer=False, search=False)
        except dns.resolver.NXDOMAIN:
            raise NoName(name) from None
        except dns.resolver.NoNameservers:
            raise Silent("the name server failed (SERVFAIL or REFUSED)") from None
        except (dns.exception.Timeout, TimeoutError):
            raise Silent(f"no answer within {self._seconds:g} s") from None
        except (dns.exception.DNSException, OSError, ValueError) as error:
            raise Silent(str(error).split("\n", 1)[0][:200] or type(error).__name__) from None
        if kind == "TXT":
            return tuple(
                b"".join(one.strings).decode("utf-8", "replace") for one in answer.rrset or ()
            )
        return tuple(one.to_text() for one in answer.rrset or ())

    def _make(self) -> Resolver:
        from dns.asyncresolver import Resolver  # noqa: PLC0415
        from dns.nameserver import Do53Nameserver  # noqa: PLC0415

        resolver = Resolver(configure=not self._servers)
        if self._servers:
            resolver.nameservers = [
                Do53Nameserver(address, port) for address, port in map(split_server, self._servers)
            ]
        resolver.lifetime = self._seconds
        resolver.timeout = min(resolver.timeout, self._seconds)
        return resolver


def split_server(text: str) -> tuple[str, int]:
    """Address and port of a name server.

    Raises:
        ValueError: it is no IP address, with or without a port.
    """
    from ipaddress import ip_address  # noqa: PLC0415 -- start-up time

    address, port = text, str(PORT)
    if text.startswith("[") or text.count(":") == 1:
        address, _, rest = text.rpartition(":") if not text.endswith("]") else (text, "", "")
        port = rest or port
        address = address.strip("[]")
    if not (port.isascii() and port.isdecimal() and 0 < int(port) <= 65_535):  # noqa: PLR2004
        raise ValueError(f"{text[:60]!a} is no address of a name server")
    try:
        return str(ip_address(address)), int(port)
    except ValueError:
        raise ValueError(f"{text[:60]!a} is no address of a name server") from None
