"""A tap on the shoulder of another role: something was committed, look now.

A datagram on a local socket. It carries nothing; one that is lost costs the
receiver a poll interval, never a row.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path

from tocsin.base.home import Home

_MOST_PATH = 100
"""A socket's path may be no longer than about this (unix(7): 108 bytes)."""


def _address(role: str) -> str:
    path = Home.of_environment().run / f"{role}.sock"
    if len(str(path)) <= _MOST_PATH:
        return str(path)
    # An abstract name has the same limit, but a digest of the path always fits.
    from hashlib import sha256  # noqa: PLC0415 -- only homes deep in a tree come here

    return "\0tocsin-" + sha256(str(path).encode()).hexdigest()[:40]


def wake(role: str) -> None:
    """Tap that role of this home; says nothing when nobody listens."""
    with (
        contextlib.suppress(OSError),
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender,
    ):
        sender.sendto(b"!", _address(role))


class _Listener(asyncio.DatagramProtocol):
    def __init__(self, woken: asyncio.Event) -> None:
        self._woken = woken

    def datagram_received(self, _data: bytes, _address: object) -> None:
        self._woken.set()


def _bound(address: str) -> socket.socket:
    if not address.startswith("\0"):
        Path(address).unlink(missing_ok=True)
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    receiver.bind(address)
    return receiver


async def listen(role: str, woken: asyncio.Event) -> asyncio.DatagramTransport:
    """Set `woken` at each tap until the transport that this gives is closed."""
    receiver = _bound(_address(role))
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Listener(woken), sock=receiver
    )
    return transport
