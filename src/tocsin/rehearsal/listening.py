"""Taking ports on the relay's addresses, each with the manner it is told."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterable

from tocsin.rehearsal.door import Door, Doors

LOOPBACK = "localhost"
ADDRESSES = ("127.0.0.1", "::1")

_BACKLOG = 1024
_TRIES = 20
_FILLERS = 4
"""Connections that a queue of length 0 is filled with; Linux takes one or two."""


class Listener:
    """One port on every address of a name; `open` it before anything else."""

    def __init__(self, name: str, port: int, connect: Callable[[], asyncio.Protocol]) -> None:
        self._name = name
        self.port = port
        """The real one, once it is open."""
        self._connect = connect
        self._servers: list[asyncio.Server] = []
        self._held: list[socket.socket] = []

    @property
    def addresses(self) -> tuple[str, ...]:
        """What the name stands for."""
        return ADDRESSES if self._name == LOOPBACK else (self._name,)

    async def open(self, doors: Doors) -> None:
        """Take the port, and treat those who come as each address is told.

        Raises:
            OSError: the port is taken, or the address is not of this machine.
        """
        bound = _bind(self.addresses, self.port)
        self.port = int(next(iter(bound.values())).getsockname()[1])
        for address, one in bound.items():
            door = doors.get(address, Door.OPEN)
            if door is Door.OPEN:
                loop = asyncio.get_running_loop()
                server = await loop.create_server(self._connect, sock=one, backlog=_BACKLOG)
                self._servers.append(server)
                continue
            self._held.append(one)
            if door is Door.STUCK:
                self._held += _fill(one)

    async def close(self) -> None:
        """Give the port back; connections that are open stay."""
        for held in self._held:
            held.close()
        for server in self._servers:
            server.close()
        self._held.clear()
        self._servers.clear()


def _fill(door: socket.socket) -> list[socket.socket]:
    """Let it listen with a queue that is full from the beginning (listen(2))."""
    door.listen(0)
    fillers = []
    for _ in range(_FILLERS):
        one = socket.socket(door.family, socket.SOCK_STREAM)
        one.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            one.connect(door.getsockname())
        fillers.append(one)
    return fillers


def _bind(addresses: Iterable[str], port: int) -> dict[str, socket.socket]:
    """Sockets that do not listen yet, all on one port; a second address may be missing."""
    for left in reversed(range(_TRIES)):
        bound: dict[str, socket.socket] = {}
        try:
            for address in addresses:
                try:
                    taken = next((one.getsockname()[1] for one in bound.values()), port)
                    bound[address] = _bind_one(address, taken)
                except OSError:
                    # A second address that this machine has not is no loss.
                    if not bound or _exists(address):
                        raise
        except OSError:
            for one in bound.values():
                one.close()
            if port or not bound or not left:
                raise
        else:
            return bound
    raise AssertionError("the last try returns or raises")


def _bind_one(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    one = socket.socket(family, socket.SOCK_STREAM)
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family is socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind((address, port))
    except OSError as error:
        one.close()
        raise OSError(error.errno, f"{error.strerror} (port {port} on {address})") from None
    return one


def _exists(address: str) -> bool:
    try:
        _bind_one(address, 0).close()
    except OSError:
        return False
    return True
