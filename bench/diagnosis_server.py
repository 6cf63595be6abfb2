"""A relay of another make than the rehearsal one: it wants no sign-in, and words things its way."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Manner:
    """How the relay speaks. `{}` in nothing: each line stands as it is sent, without CRLF."""

    greeting: tuple[str, ...] = ("220 relay.example.com ESMTP ready",)
    offers: tuple[str, ...] = ("SIZE 10485760", "8BITMIME")
    starttls: str = "STARTTLS"
    ok: str = "250 2.1.0 Ok"
    pause_s: float = 0.0
    """Before each answer."""


@contextlib.asynccontextmanager
async def other_relay(manner: Manner, context: ssl.SSLContext | None) -> AsyncIterator[int]:
    """The relay for as long as the block takes; gives its port. Without `context`, no STARTTLS."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            await _Talk(manner, context, reader, writer).hold()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()


class _Talk:
    def __init__(
        self,
        manner: Manner,
        context: ssl.SSLContext | None,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._manner = manner
        self._context = context
        self._reader, self._writer = reader, writer
        self._secure = False

    async def hold(self) -> None:
        await self._say(*self._manner.greeting)
        while line := await self._reader.readline():
            verb = line.split(maxsplit=1)[0].upper() if line.split() else b""
            if verb == b"QUIT":
                await self._say("221 2.0.0 Bye")
                return
            await self._answer(verb)

    async def _answer(self, verb: bytes) -> None:
        if verb == b"EHLO":
            await self._greet()
        elif verb == b"STARTTLS" and self._context is not None:
            await self._say("220 2.0.0 Go ahead")
            await self._writer.start_tls(self._context)
            self._secure = True
        elif verb == b"DATA":
            await self._say("354 Go on")
            await self._reader.readuntil(b"\r\n.\r\n")
            await self._say("250 2.0.0 Ok: queued as 4C1D226C66E")
        elif verb in {b"MAIL", b"RCPT", b"RSET", b"NOOP"}:
            await self._say(self._manner.ok)
        else:
            await self._say("500 5.5.2 Error: command not recognized")

    async def _greet(self) -> None:
        lines = ["relay.example.com at your service", *self._manner.offers]
        if self._context is not None and not self._secure:
            lines.append(self._manner.starttls)
        await self._say(*(f"250-{one}" for one in lines[:-1]), f"250 {lines[-1]}")

    async def _say(self, *lines: str) -> None:
        await asyncio.sleep(self._manner.pause_s)
        self._writer.write("".join(f"{one}\r\n" for one in lines).encode())
        await self._writer.drain()
