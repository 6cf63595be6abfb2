"""From a host name to a connected socket: every address of the name gets its chance."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tocsin.mail.relay.fault import LocalTrouble, trouble_of_connect, trouble_of_lookup
from tocsin.mail.smtp.failure import Closed, ConversationFailure
from tocsin.mail.smtp.step import Step

_STAGGER = 0.25
"""Seconds before the next address is tried beside a slow one (RFC 8305 section 5)."""
_WEIGHT = {"tcp.refused": 2, "tcp.timeout": 1}


@dataclass(frozen=True, slots=True)
class Address:
    """One address of a name, with what a socket call needs of it."""

    text: str
    family: int
    target: tuple[object, ...]


async def resolve(host: str, port: int, seconds: float) -> list[Address]:
    """The addresses of a name, in the order the system prefers.

    The lookup runs in a thread of its own that nobody waits for after the deadline: a
    resolver that hangs must hold up neither this call nor the end of the process.

    Raises:
        LocalTrouble: not found, or no answer in time.
    """
    name = host.removesuffix(".")
    if _is_literal(name):
        return _addresses(name, port)
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[Address]] = loop.create_future()

    def settle(result: list[Address] | LocalTrouble) -> None:
        if found.done():
            return
        if isinstance(result, LocalTrouble):
            found.set_exception(result)
        else:
            found.set_result(result)

    def look_up() -> None:
        result: list[Address] | LocalTrouble
        try:
            result = _addresses(name, port)
        except LocalTrouble as trouble:
            result = trouble
        with contextlib.suppress(RuntimeError):  # the loop may be gone by now
            loop.call_soon_threadsafe(settle, result)

    threading.Thread(target=look_up, name=f"lookup {name}", daemon=True).start()
    try:
        async with asyncio.timeout(seconds):
            return await found
    except TimeoutError:
        words = f"no answer within {seconds:g} s"
        raise LocalTrouble(Step.DNS, "dns.timeout", words) from None


def _is_literal(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _addresses(name: str, port: int) -> list[Address]:
    try:
        entries = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise trouble_of_lookup(error) from None
    found = {str(entry[4][0]): Address(str(entry[4][0]), entry[0], entry[4]) for entry in entries}
    return list(found.values())


class Unreached(Exception):
    """No address answered; the address and the failure that say most."""

    def __init__(self, address: Address, failure: ConversationFailure) -> None:
        super().__init__(f"{address.text}: {failure.words}")
        self.address = address
        self.failure = failure


async def connect(
    addresses: Sequence[Address],
    seconds: float,
    first: Step,
    failed: Callable[[Address, ConversationFailure], object],
) -> tuple[socket.socket, Address]:
    """Connect to the first address that answers, trying the next beside one that is slow.

    Args:
        addresses: where to, in the order of preference; at least one.
        seconds: how long each may take.
        first: whose answer would be awaited once connected. A relay that accepts and
            resets at once has ended that step, even when it is only seen in connecting.
        failed: is told about each address that did not answer.

    Raises:
        Unreached: none answered.
    """
    failures: list[tuple[Address, ConversationFailure]] = []
    running: dict[asyncio.Task[socket.socket], Address] = {}
    waiting = list(addresses)
    try:
        while waiting or running:
            if waiting:
                address = waiting.pop(0)
                running[asyncio.create_task(_connect(address, seconds))] = address
            done, _ = await asyncio.wait(
                running,
                timeout=_STAGGER if waiting else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for task in done:
                address = running.pop(task)
                error = task.exception()
                if error is None:
                    return task.result(), address
                failure = _failure(error, address, seconds, first)
                failures.append((address, failure))
                failed(address, failure)
    finally:
        for task in running:
            task.add_done_callback(_discard)
            task.cancel()
    raise _summary(failures)


def _failure(
    error: BaseException, address: Address, seconds: float, first: Step
) -> ConversationFailure:
    if isinstance(error, ConnectionResetError):
        return Closed(first, "reset")
    if isinstance(error, OSError):
        return trouble_of_connect(error, address.text, seconds)
    raise error


def _discard(task: asyncio.Task[socket.socket]) -> None:
    """Close a socket that came too late."""
    if not task.cancelled() and task.exception() is None:
        task.result().close()


async def _connect(address: Address, seconds: float) -> socket.socket:
    sock = socket.socket(address.family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        # Every flight is written at once and awaits its answer: waiting to fill a
        # segment would only add delay.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().sock_connect(sock, address.target)
    except BaseException:
        sock.close()
        raise
    return sock


def _summary(failures: Sequence[tuple[Address, ConversationFailure]]) -> Unreached:
    address, chief = max(failures, key=lambda each: _weight(each[1]))
    if len(failures) == 1 or not isinstance(chief, LocalTrouble):
        return Unreached(address, chief)
    words = "; ".join(f"{each.text}: {failure.words}" for each, failure in failures)
    return Unreached(address, LocalTrouble(Step.TCP, chief.code, words, address.text))


def _weight(failure: ConversationFailure) -> int:
    """How much it says; that somebody was there says most."""
    return _WEIGHT.get(failure.code, 0) if isinstance(failure, LocalTrouble) else 3
