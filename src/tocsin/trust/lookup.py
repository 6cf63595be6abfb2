"""Every address of a name, within a time limit."""

from __future__ import annotations

import _thread
import asyncio
import contextlib
import socket

from tocsin.faults.fault import Finding
from tocsin.trust.failure import ProbeFailure

_ABSENT = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


async def resolve(host: str, port: int, seconds: float) -> list[str]:
    """The distinct IPv4 and IPv6 addresses, in the order of the machine's resolver.

    The resolver runs in a thread of its own that nobody waits for: its own time limits
    (`resolv.conf`) are longer than most people's patience.

    Raises:
        ProbeFailure: dns.not-found or dns.timeout.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def settle(found: list[str] | Exception) -> None:
        if answer.done():
            return
        if isinstance(found, Exception):
            answer.set_exception(found)
        else:
            answer.set_result(found)

    def look() -> None:
        found = _ask(host, port)
        with contextlib.suppress(RuntimeError):  # the loop may be gone by now
            loop.call_soon_threadsafe(settle, found)

    # `threading.Thread.start` would hold up the loop until the thread runs.
    _thread.start_new_thread(look, ())
    try:
        async with asyncio.timeout(seconds):
            return await answer
    except TimeoutError as error:
        facts = {"host": host, "seconds": f"{seconds:g}", "reason": "the resolver was silent"}
        raise ProbeFailure(Finding("dns.timeout", facts)) from error


def _ask(host: str, port: int) -> list[str] | Exception:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        code = "dns.not-found" if error.errno in _ABSENT else "dns.timeout"
        return ProbeFailure(Finding(code, {"host": host, "reason": error.strerror or ""}))
    except (UnicodeError, ValueError) as error:
        # An empty label, or one longer than 63 octets (RFC 1035 section 2.3.4).
        return ProbeFailure(Finding("dns.not-found", {"host": host, "reason": str(error)}))
    except OSError as error:
        return ProbeFailure(Finding("dns.timeout", {"host": host, "reason": str(error)}))
    return list(dict.fromkeys(str(one[4][0]) for one in found))
