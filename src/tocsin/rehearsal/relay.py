"""The rehearsal relay as a server: both ports, the folder, start and stop."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import ssl
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal import words
from tocsin.rehearsal.account import Account
from tocsin.rehearsal.chain import endpoint_name
from tocsin.rehearsal.connection import Connection
from tocsin.rehearsal.control import Wish, forget_wishes, read_wish
from tocsin.rehearsal.conversation import Conversation, Manner
from tocsin.rehearsal.desk import Desk
from tocsin.rehearsal.door import Door, Doors
from tocsin.rehearsal.endpoint import Endpoint
from tocsin.rehearsal.event import Answer, Then
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.fault.registry import UnknownFault, make_faults
from tocsin.rehearsal.identifier import connection_token, server_token
from tocsin.rehearsal.keyring import Keyring, refresh
from tocsin.rehearsal.listening import ADDRESSES, LOOPBACK, Listener
from tocsin.rehearsal.presentation import honest
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
from tocsin.rehearsal.terms import Terms

__all__ = ("Endpoint", "FolderInUse", "Relay", "run", "serve")

_LOOK_S = 0.2


class FolderInUse(RuntimeError):
    """Another relay runs in the folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"another rehearsal relay runs in {folder}")
        self.folder = folder


class Relay:
    """The endpoint of one run. `start` makes it listen, `stop` ends it.

    `play_faults` changes what it plays while it runs. Raises from `start`: `FolderInUse`,
    OSError (a port is taken, the folder cannot be written), ValueError (the region has not
    the form of one).
    """

    context: ssl.SSLContext

    def __init__(
        self, settings: RehearsalSettings, out: Path, faults: Sequence[Fault] = ()
    ) -> None:
        self._told = self._settings = settings
        self._out = out.resolve()
        self._faults = tuple(faults)
        self._generation = 0
        self._server_token = server_token()
        self._doors: Doors = {}
        self._listeners: tuple[Listener, ...] = ()
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

    async def play_faults(self, faults: Sequence[Fault], generation: int) -> Endpoint:
        """Play these instead: for those who come from now on; who is there is sent away.

        Raises:
            OSError: a port could not be taken again, or the folder cannot be written.
        """
        self._faults, self._generation = tuple(faults), generation
        self._prepare()
        for connection in list(self._connections):
            connection.abort()
        doors = self._wanted_doors()
        if doors != self._doors:
            for one in self._listeners:
                await one.close()
            await self._listen(doors)
        return self._write_facts()

    async def _open(self) -> Endpoint:
        forget_wishes(self._out)
        told = self._told
        self._keyring = Keyring(self._out)
        user, secret = told.user, told.secret
        if user is None or secret is None:
            made_user, made_secret = self._keyring.credentials()
            user, secret = user or made_user, secret or made_secret
        self._keyring.keep_credentials(user, secret)
        self._user, self._secret = user, secret
        self._chain = self._keyring.chain(told.region)
        self._signers = _make_signers(self._keyring) if told.sign else None
        self._prepare()
        self._listeners = (
            Listener(told.bind, told.port, lambda: self._connect(wrapper=False)),
            Listener(told.bind, told.smtps_port, lambda: self._connect(wrapper=True)),
        )
        await self._listen(self._wanted_doors())
        endpoint = self._write_facts()
        self._stack.callback((self._out / "relay.json").unlink, missing_ok=True)
        return endpoint

    def _prepare(self) -> None:
        """Account, desk and TLS as the faults want them."""
        settings = self._told
        for fault in self._faults:
            settings = fault.adjust(settings)
        self._settings = settings
        self.idle_seconds = settings.idle_seconds
        self._account = Account(settings, self._user, self._secret)
        route = Route(settings.region, self._user, self._account.identities, self._signers)
        self._desk = Desk(self._account, route, self._out, settings.region, sync=settings.sync)
        self.context = self._make_context()

    def _make_context(self) -> ssl.SSLContext:
        presented, terms = honest(self._chain), Terms()
        for fault in self._faults:
            presented = fault.present(self._chain, presented)
            terms = fault.secure(terms)
        issued = presented.issue(self._chain)
        folder = self._out / "authority"
        certificates, key = folder / "presented.pem", folder / "presented.key"
        refresh(certificates, b"".join(one.pem for one in issued))
        refresh(key, issued[0].key_pem, mode=0o600)
        return terms.make_context(certificates, key)

    def _wanted_doors(self) -> Doors:
        doors: Doors = dict.fromkeys(self._listeners[0].addresses, Door.OPEN)
        for fault in self._faults:
            doors = fault.admit(doors)
        return doors

    async def _listen(self, doors: Doors) -> None:
        for one in self._listeners:
            await one.open(doors)
        self._doors = doors

    def _connect(self, *, wrapper: bool) -> Connection:
        settings, account = self._settings, self._account
        manner = Manner(
            wrapper=wrapper,
            offers_starttls=settings.offers_starttls,
            greets_again=settings.greets_again,
            mechanisms=settings.mechanisms,
            most_octets=settings.max_message_bytes,
            most_messages=settings.max_messages_per_connection,
        )
        greeting = words.greeting(self._server_token, connection_token())
        conversation = Conversation(
            manner, account.sign_in, greeting=greeting, make_scram=account.make_scram
        )
        return Connection(self, conversation, wrapper=wrapper, crowded=_turn_away)

    def _write_facts(self) -> Endpoint:
        out, settings, account = self._out, self._settings, self._account
        endpoint = Endpoint(
            host=LOOPBACK if settings.bind in (*ADDRESSES, LOOPBACK) else settings.bind,
            port=self._listeners[0].port,
            smtps_port=self._listeners[1].port,
            certificate_name=endpoint_name(settings.region),
            region=settings.region,
            user=account.user,
            password_file=str(out / "smtp-password"),
            secret_file=str(self._keyring.credentials_file),
            root_file=str(out / "RehearsalRootCA1.pem"),
            old_root_file=str(out / "RehearsalServicesRoot-G2.pem"),
            dns_file=str(out / "dns.json"),
            identities=self._told.identities,
            inbox=str(out),
            faults=tuple(one.name for one in self._faults),
            generation=self._generation,
            pid=os.getpid(),
        )
        records = self._signers.records(account.identities.domains) if self._signers else {}
        password = account.password.reveal()
        refresh(out / "smtp-password", f"{password}\n".encode(), mode=0o600)
        refresh(Path(endpoint.root_file), self._chain.root.pem)
        refresh(Path(endpoint.old_root_file), self._chain.old_root.pem)
        refresh(Path(endpoint.dns_file), _document(records))
        refresh(out / "relay.json", _document(endpoint.to_plain()))
        return endpoint

    async def stop(self) -> None:
        """Listen no more, end what is open, leave the mails."""
        for one in self._listeners:
            await one.close()
        for connection in list(self._connections):
            connection.abort()
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
    changed: Callable[[Endpoint], None] | None = None,
) -> None:
    """Run a relay until the task is cancelled.

    `ready` is called once it listens, `changed` whenever it plays other faults on request.
    """
    relay = Relay(settings, out, faults)
    try:
        ready(await relay.start())
        await _follow(relay, out, changed or (lambda _: None))
    finally:
        await relay.stop()


async def _follow(relay: Relay, out: Path, changed: Callable[[Endpoint], None]) -> None:
    """Play what is asked for, as often as it is."""
    seen: Wish | None = None
    followed: Wish | None = None
    while True:
        await asyncio.sleep(_LOOK_S)
        wish = read_wish(out)
        if wish is None or wish == seen or (followed and wish.number <= followed.number):
            continue
        seen = wish
        try:
            faults = make_faults(wish.faults)
        except UnknownFault:
            continue  # whoever asked by `control.ask` was refused before it was written
        followed = wish
        changed(await relay.play_faults(faults, wish.number))


def run(
    settings: RehearsalSettings,
    out: Path,
    when_ready: Callable[[Endpoint], None],
    faults: Sequence[Fault] = (),
    when_changed: Callable[[Endpoint], None] | None = None,
) -> None:
    """Run a relay until SIGTERM or SIGINT."""
    asyncio.run(_run(serve(settings, out, ready=when_ready, faults=faults, changed=when_changed)))


async def _run(serving: Coroutine[None, None, None]) -> None:
    task = asyncio.ensure_future(serving)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _make_signers(keyring: Keyring) -> Signers:
    """1024 bits, as SES and receivers were seen to use; four longer ones would take a while."""
    return Signers(
        sender=Signer("", name_selector("sender"), keyring.signing_key("dkim-sender", 1024)),
        ses=Signer(SES_DOMAIN, name_selector("ses"), keyring.signing_key("dkim-ses", 1024)),
        receiver=Signer(RECEIVER_DOMAIN, "arc-rehearsal", keyring.signing_key("arc", 1024)),
    )


def _turn_away() -> Answer:
    return Answer(Step.GREETING, words.TOO_MANY_CONNECTIONS, Then.CLOSE)


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
