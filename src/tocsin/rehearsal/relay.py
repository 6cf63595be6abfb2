"""The rehearsal relay on the wire: asyncio, and TLS driven by hand.

The transport keeps the raw bytes in its own hands, so that a rehearsal can misbehave
anywhere; a library's server would not let it.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import ssl
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tocsin.base.files import write_atomically
from tocsin.rehearsal import inbox, route
from tocsin.rehearsal.account import Account, Message
from tocsin.rehearsal.chain import ChainFiles, make_chain
from tocsin.rehearsal.conversation import Conversation, Door, Wish
from tocsin.rehearsal.route import Signer
from tocsin.rehearsal.settings import RehearsalSettings
from tocsin.trust.context import server_context


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the relay listens, and what a client needs to know."""

    host: str
    """A name that its certificate is for and that leads here."""
    port: int
    smtps_port: int
    region: str
    user: str
    password_file: str
    root_file: str
    identities: tuple[str, ...]
    inbox: str
    pid: int

    def to_plain(self) -> dict[str, object]:
        """Plain data."""
        return asdict(self)


def endpoint_name(region: str) -> str:
    """The name in the certificate: of SES's shape, under a name that no one can own."""
    return f"email-smtp.{region}.rehearsal.example"


class RehearsalRelay:
    """The relay; nothing listens before `start`."""

    def __init__(self, settings: RehearsalSettings, out: Path) -> None:
        self._settings = settings
        self._out = out
        self._account = Account(settings)
        self._door = Door(
            settings.user,
            settings.password,
            settings.max_message_bytes,
            settings.max_messages_per_connection,
        )
        self._signer: Signer | None = None
        domains = ("amazonses.com", "receiver.example", *settings.identities)
        self._domains = list(dict.fromkeys(one.rpartition("@")[2] for one in domains))
        self._context: ssl.SSLContext | None = None
        self._servers: list[asyncio.Server] = []
        self._connections: set[_Connection] = set()

    @property
    def settings(self) -> RehearsalSettings:
        """What it was told to be."""
        return self._settings

    async def start(self) -> Endpoint:
        """Make what is missing in the folder, and listen on both ports."""
        self._out.mkdir(parents=True, exist_ok=True)
        chain = make_chain(self._out, endpoint_name(self._settings.region))
        self._context = server_context(chain.chain, chain.key)
        if self._settings.sign:
            self._signer = make_signer(self._out, self._domains)
        loop = asyncio.get_running_loop()
        ports = []
        for port, wrapped in ((self._settings.port, False), (self._settings.smtps_port, True)):
            server = await loop.create_server(
                self._connection(wrapped=wrapped), self._settings.bind, port
            )
            self._servers.append(server)
            ports.append(server.sockets[0].getsockname()[1])
        return self._endpoint(chain, ports)

    def _connection(self, *, wrapped: bool) -> Callable[[], _Connection]:
        return lambda: _Connection(self, wrapped=wrapped)

    def _endpoint(self, chain: ChainFiles, ports: list[int]) -> Endpoint:
        password = self._out / "smtp-password"
        write_atomically(password, self._door.password.reveal().encode() + b"\n", mode=0o600)
        endpoint = Endpoint(
            host="localhost",
            port=ports[0],
            smtps_port=ports[1],
            region=self._settings.region,
            user=self._settings.user,
            password_file=str(password),
            root_file=str(chain.root),
            identities=self._settings.identities,
            inbox=str(self._out),
            pid=os.getpid(),
        )
        document = json.dumps(endpoint.to_plain(), indent=2).encode() + b"\n"
        write_atomically(self._out / "relay.json", document)
        return endpoint

    async def stop(self) -> None:
        """Listen no more, and end what is open."""
        for server in self._servers:
            server.close()
        for connection in list(self._connections):
            connection.abort()
        for server in self._servers:
            await server.wait_closed()

    # What connections ask for

    def admit(self, connection: _Connection) -> bool:
        """Whether there is room for one more."""
        self._connections.add(connection)
        return len(self._connections) <= self._settings.max_connections

    def leave(self, connection: _Connection) -> None:
        """A connection has ended."""
        self._connections.discard(connection)

    def conversation(self, *, wrapped: bool, connection: str) -> Conversation:
        """The conversation of a new connection."""
        return Conversation(self._door, self._deliver, wrapped=wrapped, connection=connection)

    def tls(self) -> tuple[ssl.MemoryBIO, ssl.MemoryBIO, ssl.SSLObject]:
        """The server's side of a new TLS connection."""
        assert self._context is not None
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        return incoming, outgoing, self._context.wrap_bio(incoming, outgoing, server_side=True)

    def _deliver(self, message: Message) -> str:
        refusal = self._account.judge(message)
        if refusal is not None:
            return refusal
        id_ = route.message_id(self._settings.region)
        inbox.keep(
            self._out, id_, route.deliver(message, id_, self._settings.region, self._signer)
        )
        return f"250 Ok {id_}"


class _Connection(asyncio.Protocol):
    """One client: bytes between the wire, TLS and the conversation."""

    def __init__(self, relay: RehearsalRelay, *, wrapped: bool) -> None:
        self._relay = relay
        self._wrapped = wrapped
        self._transport: asyncio.Transport | None = None
        self._conversation: Conversation | None = None
        self._incoming: ssl.MemoryBIO | None = None
        self._outgoing: ssl.MemoryBIO | None = None
        self._tls: ssl.SSLObject | None = None
        self._shaken = False
        self._idle: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        peer = transport.get_extra_info("peername")
        self._conversation = self._relay.conversation(wrapped=self._wrapped, connection=str(peer))
        if not self._relay.admit(self):
            self._conversation.refuse()
        elif self._wrapped:
            self._start_tls()
            self._wait()
            return
        else:
            self._conversation.greet()
        self._answer()

    def connection_lost(self, _error: Exception | None) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._relay.leave(self)

    def abort(self) -> None:
        """End it at once."""
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        assert self._conversation is not None
        self._wait()
        if self._tls is None:
            self._conversation.receive(data)
        elif not self._decrypt(data):
            return
        self._answer()

    def _wait(self) -> None:
        """The client has so long to say the next thing."""
        if self._idle is not None:
            self._idle.cancel()
        loop = asyncio.get_running_loop()
        self._idle = loop.call_later(self._relay.settings.idle_s, self._time_out)

    def _time_out(self) -> None:
        assert self._conversation is not None
        self._conversation.time_out()
        self._answer()

    def _start_tls(self) -> None:
        self._incoming, self._outgoing, self._tls = self._relay.tls()

    def _decrypt(self, data: bytes) -> bool:
        """Take ciphertext in; False when the connection is over."""
        assert self._incoming is not None
        assert self._tls is not None
        assert self._conversation is not None
        self._incoming.write(data)
        try:
            if not self._shaken:
                self._tls.do_handshake()
                self._shaken = True
                self._conversation.tls_started()
                if self._wrapped:
                    self._conversation.greet()
            while True:
                plain = self._tls.read(65_536)
                if not plain:
                    break
                self._conversation.receive(plain)
        except ssl.SSLWantReadError:
            return True
        except ssl.SSLError:
            # The client refused us, or speaks something else: its alert needs no answer.
            self._flush()
            self._close()
            return False
        self._close()
        return False

    def _answer(self) -> None:
        """Send what the conversation has said, then do what it wishes."""
        assert self._conversation is not None
        assert self._transport is not None
        said = self._conversation.take()
        if said:
            if self._tls is not None and self._shaken:
                self._tls.write(said)
            elif self._tls is None:
                self._transport.write(said)
        self._flush()
        if self._conversation.wish is Wish.START_TLS and self._tls is None:
            self._start_tls()
        elif self._conversation.wish is Wish.HANG_UP:
            self._close()

    def _flush(self) -> None:
        if self._outgoing is not None and self._transport is not None:
            ciphertext = self._outgoing.read()
            if ciphertext:
                self._transport.write(ciphertext)

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def make_signer(out: Path, domains: Sequence[str]) -> Signer:
    """The signer of the folder, its records written beside the inbox."""
    signer = route.make_signer(out)
    route.write_dns(out, signer, domains)
    return signer


def run(
    settings: RehearsalSettings, out: Path, when_ready: Callable[[Endpoint], None]
) -> None:
    """Run the relay until SIGTERM or SIGINT."""
    asyncio.run(_run(settings, out, when_ready))


async def _run(
    settings: RehearsalSettings, out: Path, when_ready: Callable[[Endpoint], None]
) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    relay = RehearsalRelay(settings, out)
    when_ready(await relay.start())
    await stop.wait()
    await relay.stop()
