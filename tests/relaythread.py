"""A relay in a thread of the test: it remembers each mail, and can be wrong about some of them."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scriptedrelay import HOST, OFFER, PASSWORD, PIPELINING, USER, Authority, Peer
from scriptedrelay import scripted_relay as scripted

_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>]+>)", re.IGNORECASE | re.MULTILINE)
_PATH = re.compile(rb"<([^>]*)>")


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail that got its 250."""

    message_id: str
    recipients: tuple[str, ...]
    at: float
    """Monotonic seconds."""


@dataclass(slots=True)
class Letter:
    """The message of a conversation, as far as it has come."""

    recipients: list[str] = field(default_factory=list)


Say = Callable[[Peer, Letter], Awaitable[bool]]
"""Speaks in place of the relay at its moment; True when it did, False for the usual answer."""
Opening = Callable[[Peer], Awaitable[bool]]
"""Speaks in place of a connection's greeting; True when nothing more is to be said."""


async def _usual(_peer: Peer, _letter: Letter) -> bool:
    return False


async def _greet(_peer: Peer) -> bool:
    return False


@dataclass(slots=True)
class Manners:
    """How the relay behaves; what stands here may be changed while it runs."""

    greeting: Opening = _greet
    at_data: Say = _usual
    """In place of the 354."""
    at_end: Say = _usual
    """In place of the reply to the final dot."""
    pause: float = 0.0
    """Seconds before each 250 to a final dot."""
    pipelining: bool = True


class RelayThread:
    """A relay with STARTTLS and sign-in on loopback, from `start` to `stop`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._authority = Authority()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
        self._listening = threading.Event()
        self._over: asyncio.Event | None = None
        self._root, self._password = folder / "root.pem", folder / "password"
        self._root.write_bytes(self._authority.root_pem)
        self._password.write_text(PASSWORD + "\n")
        self._peers: set[Peer] = set()
        self.manners = Manners()
        self.taken: list[Taken] = []
        self.connections = 0
        self.port = 0

    @property
    def facts(self) -> dict[str, Any]:
        """What a document needs to know, in the words of a rehearsal relay."""
        return {
            "host": HOST,
            "port": self.port,
            "user": USER,
            "password_file": str(self._password),
            "root_file": str(self._root),
        }

    def arrived(self) -> Counter[str]:
        """How often each Message-ID was taken."""
        return Counter(one.message_id for one in list(self.taken))

    def start(self) -> None:
        """Listen."""
        self._thread.start()
        assert self._listening.wait(10)

    def stop(self) -> None:
        """End every connection and listen no more."""
        if self._over is not None:
            self._loop.call_soon_threadsafe(self._over.set)
            self._thread.join(20)
        assert not self._thread.is_alive()

    def behave(self, **manners: Any) -> None:
        """Be so from the next moment on; what is not named is as usual."""
        self.manners = Manners(**manners)

    def hang_up(self) -> None:
        """Tear down every connection that there is; returns when they are gone."""
        asyncio.run_coroutine_threadsafe(self._reset_all(), self._loop).result(20)

    async def _reset_all(self) -> None:
        gone = set(self._peers)
        for peer in gone:
            peer.reset()
        while gone & self._peers:  # noqa: ASYNC110 -- each says so by leaving
            await asyncio.sleep(0.01)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        self._over = asyncio.Event()
        async with scripted(self._talk) as server:
            self.port = server.port
            self._listening.set()
            await self._over.wait()

    async def _talk(self, peer: Peer) -> None:
        self.connections += 1
        self._peers.add(peer)
        try:
            await self._converse(peer)
        finally:
            self._peers.discard(peer)

    async def _converse(self, peer: Peer) -> None:
        if await self.manners.greeting(peer):
            return
        offer = PIPELINING if self.manners.pipelining else OFFER.replace(b"250-STARTTLS\r\n", b"")
        await peer.until_sign_in(self._authority, offer)
        letter = Letter()
        while line := await peer.line():
            peer.heard = b""  # thousands of mails may come over one connection
            if not await self._answer(peer, letter, line.strip()):
                return

    async def _answer(self, peer: Peer, letter: Letter, line: bytes) -> bool:
        """Answer a command; False at the end of the conversation."""
        verb = line[:4].upper()
        if verb == b"DATA":
            await self._take(peer, letter)
        elif verb == b"QUIT":
            await peer.say(b"221 Bye\r\n")
            return False
        else:
            if verb in {b"MAIL", b"RSET"}:
                letter.recipients.clear()
            elif verb == b"RCPT" and (found := _PATH.search(line)):
                letter.recipients.append(found[1].decode())
            await peer.say(b"250 Ok\r\n")
        return True

    async def _take(self, peer: Peer, letter: Letter) -> None:
        if await self.manners.at_data(peer, letter):
            return
        await peer.say(b"354 Go\r\n")
        content = await peer.content()
        if await self.manners.at_end(peer, letter):
            return
        if self.manners.pause:
            await asyncio.sleep(self.manners.pause)
        found = _MESSAGE_ID.search(content)
        assert found is not None
        # Before the 250 is written: a client that is killed after it must not be ahead of us.
        self.taken.append(Taken(found[1].decode(), tuple(letter.recipients), time.monotonic()))
        await peer.say(b"250 Ok\r\n")


class Held:
    """Lets those who come wait until they are let go; then they get the usual answer."""

    def __init__(self) -> None:
        self._let_go = threading.Event()
        self.waiting = 0

    async def __call__(self, _peer: Peer, _letter: Letter) -> bool:
        """Wait, in the relay's loop, for what another thread says."""
        self.waiting += 1
        while not self._let_go.is_set():  # noqa: ASYNC110 -- it is set by another thread
            await asyncio.sleep(0.02)
        self.waiting -= 1
        return False

    def let_go(self) -> None:
        """Hold nobody any longer."""
        self._let_go.set()


def reply(line: bytes) -> Say:
    """Say that, instead of the usual answer."""

    async def say(peer: Peer, _letter: Letter) -> bool:
        await peer.say(line)
        return True

    return say


def only_for(domain: str, say: Say) -> Say:
    """The same, for mail to that domain alone."""

    async def chosen(peer: Peer, letter: Letter) -> bool:
        if any(one.endswith("@" + domain) for one in letter.recipients):
            return await say(peer, letter)
        return False

    return chosen
