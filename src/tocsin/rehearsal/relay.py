"""The rehearsal relay as a server: both ports, the folder, start and stop."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal import words
from tocsin.rehearsal.account import Account
from tocsin.rehearsal.chain import Chain, endpoint_name
from tocsin.rehearsal.connection import Connection
from tocsin.rehearsal.conversation import Conversation, Manner
from tocsin.rehearsal.desk import Desk
from tocsin.rehearsal.endpoint import Endpoint
from tocsin.rehearsal.event import Answer, Then
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.identifier import connection_token, server_token
from tocsin.rehearsal.keyring import Keyring, refresh
from tocsin.rehearsal.route import (
    RECEIVER_DOMAIN,
    SES_DOMAIN,
    Route,
    Signers,
    name_selector,
)
from tocsin.rehearsal.script import Script
from tocsin.rehearsal.settings import RehearsalSettings
from tocsin.rehearsal.signature import Signer
from tocsin.rehearsal.submission import Submission
from tocsin.trust.context import server_context

__all__ = ("Endpoint", "FolderInUse", "Relay", "run", "serve")

_LOOPBACK = "localhost"
_ADDRESSES = ("127.0.0.1", "::1")
_BACKLOG = 1024
_TRIES = 20


class FolderInUse(RuntimeError):
    """Another relay runs in the folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"another rehearsal relay runs in {folder}")
        self.folder = folder


class Relay:
    """The endpoint of one run. `start` makes it listen, `stop` ends it.

    Raises from `start`: `FolderInUse`, OSError (a port is taken, the folder cannot be
    written), ValueError (the region has not the form of one).
    """

    context: ssl.SSLContext

    def __init__(
        self, settings: RehearsalSettings, out: Path, faults: Sequence[Fault] = ()
    ) -> None:
        self._told = settings
        for fault in faults:
            settings = fault.adjust(settings)
        self._settings = settings
        self._out = out.resolve()
        self._faults = tuple(faults)
        self._server_token = server_token()
        self._servers: list[asyncio.Server] = []
        self._connections: set[Connection] = set()
        self._stack = contextlib.ExitStack()
        self.idle_seconds = settings.idle_seconds

    async def start(self) -> Endpoint:
        """Make what is missing in the folder, and listen on both ports."""
        self._out.mkdir(parents=True, exist_ok=True)
        self._stack.enter_context(_lock(self._out))
        try:
            return await self._open()
        except BaseException:
            await self.stop()
            raise

    async def _open(self) -> Endpoint:
        settings, keyring = self._settings, Keyring(self._out)
        user, secret = settings.user, settings.secret
        if user is None or secret is None:
            made_user, made_secret = keyring.credentials()
            user, secret = user or made_user, secret or made_secret
        keyring.keep_credentials(user, secret)
        self._account = Account(settings, user, secret)
        chain = keyring.chain(settings.region)
        self.context = self._make_context(chain)
        signers = _make_signers(keyring) if settings.sign else None
        route = Route(settings.region, user, self._account.identities, signers)
        self._desk = Desk(self._account, route, self._out, settings.region, sync=settings.sync)
        ports = [
            await self._listen(settings.port, wrapper=False),
            await self._listen(settings.smtps_port, wrapper=True),
        ]
        return self._write_facts(chain, signers, keyring.credentials_file, ports)

    def _make_context(self, chain: Chain) -> ssl.SSLContext:
        issued = chain.presented
        for fault in self._faults:
            issued = tuple(fault.present(chain, issued))
        folder = self._out / "authority"
        certificates, key = folder / "presented.pem", folder / "presented.key"
        refresh(certificates, b"".join(one.pem for one in issued))
        refresh(key, issued[0].key_pem, mode=0o600)
        for fault in self._faults:
            context = fault.secure(certificates, key)
            if context is not None:
                return context
        return server_context(certificates, key)

    async def _listen(self, port: int, *, wrapper: bool) -> int:
        loop = asyncio.get_running_loop()
        listeners = _bind(self._settings.bind, port)
        for one in listeners:
            server = await loop.create_server(
                lambda: self._connect(wrapper=wrapper), sock=one, backlog=_BACKLOG
            )
            self._servers.append(server)
        return int(listeners[0].getsockname()[1])

    def _connect(self, *, wrapper: bool) -> Connection:
        settings = self._settings
        manner = Manner(
            wrapper=wrapper,
            offers_starttls=settings.offers_starttls,
            mechanisms=settings.mechanisms,
            most_octets=settings.max_message_bytes,
            most_messages=settings.max_messages_per_connection,
        )
        greeting = words.greeting(self._server_token, connection_token())
        conversation = Conversation(manner, self._account.sign_in, greeting=greeting)
        return Connection(self, conversation, wrapper=wrapper, crowded=_turn_away)

    def _write_facts(
        self, chain: Chain, signers: Signers | None, credentials: Path, ports: Sequence[int]
    ) -> Endpoint:
        out, settings, account = self._out, self._settings, self._account
        endpoint = Endpoint(
            host=_LOOPBACK if settings.bind in (*_ADDRESSES, _LOOPBACK) else settings.bind,
            port=ports[0],
            smtps_port=ports[1],
            certificate_name=endpoint_name(settings.region),
            region=settings.region,
            user=account.user,
            password_file=str(out / "smtp-password"),
            secret_file=str(credentials),
            root_file=str(out / "RehearsalRootCA1.pem"),
            old_root_file=str(out / "RehearsalServicesRoot-G2.pem"),
            dns_file=str(out / "dns.json"),
            identities=self._told.identities,
            inbox=str(out),
            faults=tuple(one.name for one in self._faults),
            pid=os.getpid(),
        )
        records = signers.records(account.identities.domains) if signers else {}
        password = account.password.reveal()
        refresh(out / "smtp-password", f"{password}\n".encode(), mode=0o600)
        refresh(Path(endpoint.root_file), chain.root.pem)
        refresh(Path(endpoint.old_root_file), chain.old_root.pem)
        refresh(Path(endpoint.dns_file), _document(records))
        refresh(out / "relay.json", _document(endpoint.to_plain()))
        self._stack.callback((out / "relay.json").unlink, missing_ok=True)
        return endpoint

    async def stop(self) -> None:
        """Listen no more, end what is open, leave the mails."""
        for server in self._servers:
            server.close()
        for connection in list(self._connections):
            connection.abort()
        for server in self._servers:
            await server.wait_closed()
        self._servers.clear()
        self._stack.close()

    # What connections ask for

    def enter(self, connection: Connection) -> bool:
        """Whether there is room for one more."""
        self._connections.add(connection)
        most = self._settings.max_connections
        return most is None or len(self._connections) <= most

    def leave(self, connection: Connection) -> None:
        """A connection has ended."""
        self._connections.discard(connection)

    def take(self, submission: Submission) -> bytes:
        """The reply to a message."""
        return self._desk.take(submission)

    def play(self, step: Step | None, script: Script) -> Script:
        """What is done on the wire in place of the honest acts."""
        for fault in self._faults:
            script = fault.play(step, script)
        return script


async def serve(
    settings: RehearsalSettings,
    out: Path,
    *,
    ready: Callable[[Endpoint], None],
    faults: Sequence[Fault] = (),
) -> None:
    """Run a relay until the task is cancelled; `ready` is called once it listens."""
    relay = Relay(settings, out, faults)
    try:
        ready(await relay.start())
        await asyncio.Event().wait()
    finally:
        await relay.stop()


def run(
    settings: RehearsalSettings,
    out: Path,
    when_ready: Callable[[Endpoint], None],
    faults: Sequence[Fault] = (),
) -> None:
    """Run a relay until SIGTERM or SIGINT."""
    asyncio.run(_run(settings, out, when_ready, faults))


async def _run(
    settings: RehearsalSettings,
    out: Path,
    when_ready: Callable[[Endpoint], None],
    faults: Sequence[Fault],
) -> None:
    serving = asyncio.ensure_future(serve(settings, out, ready=when_ready, faults=faults))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, serving.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await serving


def _make_signers(keyring: Keyring) -> Signers:
    """1024 bits, as SES and receivers were seen to use; four longer ones would take a while."""
    return Signers(
        sender=Signer("", name_selector("sender"), keyring.signing_key("dkim-sender", 1024)),
        ses=Signer(SES_DOMAIN, name_selector("ses"), keyring.signing_key("dkim-ses", 1024)),
        receiver=Signer(RECEIVER_DOMAIN, "arc-rehearsal", keyring.signing_key("arc", 1024)),
    )


def _turn_away() -> Answer:
    return Answer(Step.GREETING, words.TOO_MANY_CONNECTIONS, Then.CLOSE)


def _bind(name: str, port: int) -> list[socket.socket]:
    """Listening sockets, all on one port; of "localhost" whatever this machine has."""
    addresses: Iterable[str] = _ADDRESSES if name == _LOOPBACK else (name,)
    for left in reversed(range(_TRIES)):
        bound: list[socket.socket] = []
        try:
            for address in addresses:
                try:
                    bound.append(_bind_one(address, bound[0].getsockname()[1] if bound else port))
                except OSError:
                    # A second address that this machine has not is no loss.
                    if not bound or _exists(address):
                        raise
        except OSError:
            for one in bound:
                one.close()
            if port or not bound or not left:
                raise
        else:
            return bound
    raise AssertionError("the last try returns or raises")


def _bind_one(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.create_server((address, port), family=family, backlog=_BACKLOG)


def _exists(address: str) -> bool:
    try:
        _bind_one(address, 0).close()
    except OSError:
        return False
    return True


@contextlib.contextmanager
def _lock(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise FolderInUse(folder) from None
        yield


def _document(plain: object) -> bytes:
    return json.dumps(plain, indent=2).encode() + b"\n"
