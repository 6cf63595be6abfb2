"""A relay that a test scripts line by line, to be as wrong on the wire as it likes."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable

import trustme

from tocsin.base.secret import Secret
from tocsin.mail.relay import Deadlines, Encryption, RelaySettings
from tocsin.trust.anchor import Anchor
from tocsin.trust.certificate import read_certificates

USER, PASSWORD = "AKIAEXAMPLE", "correct horse battery staple"
GREETING = b"220 relay.example.com ESMTP\r\n"
OFFER = b"250-relay.example.com\r\n250-8BITMIME\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n"
PIPELINING = b"250-relay.example.com\r\n250-PIPELINING\r\n250 AUTH PLAIN LOGIN\r\n"
HOST = "localhost"


class Authority:
    """A certificate authority for one test run, with a server certificate for loopback."""

    def __init__(self) -> None:
        self._ca = trustme.CA()
        self._leaf = self._ca.issue_cert("localhost", "127.0.0.1")
        self.root_pem = self._ca.cert_pem.bytes()
        self.anchors = tuple(
            Anchor("Test CA", one) for one in read_certificates(self._ca.cert_pem.bytes())
        )

    def server_context(self, names: tuple[str, ...] = ()) -> ssl.SSLContext:
        """A context to serve with; for other names a certificate of its own."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        (self._ca.issue_cert(*names) if names else self._leaf).configure_cert(context)
        return context


class Peer:
    """The client of a scripted relay: what it says is kept, raw, before and after TLS."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.heard = b""

    async def say(self, data: bytes) -> None:
        """Send these bytes as they stand."""
        self._writer.write(data)
        await self._writer.drain()

    async def drip(self, data: bytes, pause: float) -> None:
        """Send one byte at a time."""
        for byte in data:
            await self.say(bytes([byte]))
            await asyncio.sleep(pause)

    async def line(self) -> bytes:
        """The client's next line; empty at the end."""
        line = await self._reader.readline()
        self.heard += line
        return line

    async def lines(self, count: int) -> None:
        """So many lines of the client."""
        for _ in range(count):
            await self.line()

    async def content(self) -> bytes:
        """Everything up to the final dot."""
        data = await self._reader.readuntil(b"\r\n.\r\n")
        self.heard += data
        return data

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """Do the server's side of the handshake."""
        await self._writer.start_tls(context)

    async def until_sign_in(self, authority: Authority, offer: bytes = OFFER) -> None:
        """The whole opening as it should be."""
        await self.say(GREETING)
        await self.line()
        await self.say(OFFER)
        await self.line()
        await self.say(b"220 Go ahead\r\n")
        await self.start_tls(authority.server_context())
        await self.line()
        await self.say(offer)
        await self.line()
        await self.say(b"235 Authentication successful.\r\n")

    async def take_message(self, reply: bytes = b"250 Ok\r\n") -> None:
        """One message as it should be, without PIPELINING, to one recipient."""
        for answer in (b"250 Ok\r\n", b"250 Ok\r\n", b"354 Go\r\n"):
            await self.line()
            await self.say(answer)
        await self.content()
        await self.say(reply)

    async def silence(self) -> None:
        """Read whatever comes and say nothing, until the client has gone."""
        while await self._reader.read(65_536):
            pass

    def reset(self) -> None:
        """Tear the connection down with RST."""
        sock = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    async def close(self) -> None:
        """End the connection."""
        self._writer.close()
        with contextlib.suppress(OSError, ssl.SSLError):
            try:
                # A client that has left does not answer the goodbye of TLS.
                await asyncio.wait_for(self._writer.wait_closed(), 1)
            except TimeoutError:
                self._writer.transport.abort()


Script = Callable[[Peer], Awaitable[None]]


@contextlib.asynccontextmanager
async def scripted_relay(*scripts: Script, host: str = "127.0.0.1", port: int = 0):
    """Serve one script for each connection in turn, the last one for all after it.

    Gives the server; `.port` and `.peers` tell where it is and who came.
    """
    server = _Scripted(scripts)
    await server.start(host, port)
    try:
        yield server
    finally:
        await server.stop()


class _Scripted:
    def __init__(self, scripts: tuple[Script, ...]) -> None:
        self._scripts = scripts
        self._tasks: set[asyncio.Task[None]] = set()
        self.peers: list[Peer] = []
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        self._server = await asyncio.start_server(self._serve, host, port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        peer = Peer(reader, writer)
        self.peers.append(peer)
        script = self._scripts[min(len(self.peers), len(self._scripts)) - 1]
        # A client that gives up leaves the script where it stands.
        with contextlib.suppress(
            ConnectionError, ssl.SSLError, asyncio.IncompleteReadError, asyncio.CancelledError
        ):
            try:
                await script(peer)
            finally:
                await peer.close()
        self._tasks.discard(task)

    async def stop(self) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def relay_settings(
    port: int,
    authority: Authority | None = None,
    encryption: Encryption = Encryption.STARTTLS,
    **changes: object,
) -> RelaySettings:
    """Settings for a relay on loopback, with a login unless there is no encryption."""
    known: dict[str, object] = {
        "name": "test relay",
        "host": HOST,
        "port": port,
        "encryption": encryption,
        "anchors": authority.anchors if authority is not None else (),
        "helo": "sensor.example.com",
        "deadlines": within(),
    }
    if encryption is not Encryption.NONE:
        known |= {"user": USER, "password": Secret(PASSWORD)}
    return RelaySettings(**{**known, **changes})  # type: ignore[arg-type]


def within(**seconds: float) -> Deadlines:
    """The usual deadlines, with some made short enough for a test to wait for."""
    return Deadlines(**{"quit": 0.2, **seconds})
