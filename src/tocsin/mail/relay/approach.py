"""The way to a relay: its name, an address that answers, TLS, sign-in; and what it showed."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tocsin.base.clock import Instant
from tocsin.domain.delivery import ConnectionEvidence, Exchange
from tocsin.faults.fault import Finding
from tocsin.mail.relay.dial import Address, Unreached, connect, resolve
from tocsin.mail.relay.driver import Driver
from tocsin.mail.relay.fault import LocalTrouble, finding_of
from tocsin.mail.relay.memory import RelayMemory
from tocsin.mail.relay.pace import Pace
from tocsin.mail.relay.resumption import Basis, KeptSession
from tocsin.mail.relay.settings import RelaySettings
from tocsin.mail.smtp.capability import Capabilities
from tocsin.mail.smtp.failure import (
    AuthNotOffered,
    Closed,
    ConversationFailure,
    NoMechanism,
    Refused,
)
from tocsin.mail.smtp.opening import Encryption, Opening
from tocsin.mail.smtp.reply import ReplyReader
from tocsin.mail.smtp.sasl import Login
from tocsin.mail.smtp.step import Step
from tocsin.trust.policy import RefusedCiphers
from tocsin.trust.session import TlsClient

_WAY = (Step.DNS, Step.TCP, Step.GREETING, Step.EHLO, Step.STARTTLS, Step.TLS, Step.AUTH)
_TOO_MANY = "smtp.too-many-connections"


@dataclass(frozen=True, slots=True)
class _Try:
    """An address that did not do, and what was seen of it."""

    failure: ConversationFailure
    address: str | None
    driver: Driver | None
    offered: KeptSession | None


class Approach:
    """Opens one connection, trying the addresses of the relay until one does.

    Args:
        settings: of the relay.
        memory: what is known of it; it is told how each address did.
        connection: the id of the connection that is to be.
        pace: is told how long each answer took.
        ended: is told when a stream has ended, also one that failed on the way.
    """

    def __init__(
        self,
        settings: RelaySettings,
        memory: RelayMemory,
        connection: str,
        pace: Pace,
        ended: Callable[[ConversationFailure], object],
    ) -> None:
        self._settings = settings
        self._memory = memory
        self._connection = connection
        self._pace = pace
        self._ended = ended
        self._began = asyncio.get_running_loop().time()
        self._step = Step.DNS
        self._address: str | None = None
        self._offered: KeptSession | None = None
        self._basis: Basis | None = None
        self._unreached: set[Address] = set()
        self._transcript: list[Exchange] = []
        self.driver: Driver | None = None
        """The stream, once there is one."""
        self.reader = ReplyReader()
        self.capabilities = Capabilities()

    @property
    def step(self) -> Step:
        """How far it has come."""
        return self._step if self.driver is None else self.driver.step

    def at(self) -> float:
        """Seconds since it began."""
        return asyncio.get_running_loop().time() - self._began

    def facts(self) -> dict[str, str]:
        """What every finding about this connection says."""
        facts = {"host": self._settings.host, "port": str(self._settings.port)}
        if self._address is not None:
            facts["address"] = self._address
        return facts

    def evidence(self, opened_at: Instant) -> ConnectionEvidence:
        """What was seen until now; secrets are masked."""
        settings = self._settings
        facts = self.driver.tls_facts if self.driver is not None else None
        basis = self._offered.basis if self._offered is not None else None
        if facts is None or not facts.resumed:
            basis = None
        chain = facts.chain if facts is not None else ()
        return ConnectionEvidence(
            relay=settings.name,
            host=settings.host,
            port=settings.port,
            address=self._address,
            opened_at=opened_at,
            tls_version=facts.version if facts is not None else None,
            cipher=facts.cipher if facts is not None else None,
            chain=chain if basis is None else basis.chain,
            resumed=basis is not None,
            rests_on=None if basis is None else basis.connection,
            transcript=tuple(self._transcript),
        )

    def note(self, step: Step, sent: str, received: str) -> None:
        """Add a line to the transcript."""
        self._transcript.append(Exchange(round(self.at(), 6), step.value, sent, received))

    def finding(self, failure: ConversationFailure) -> Finding:
        """What a failure on this way is called."""
        return finding_of(failure, self.facts())

    def failed(self, failure: ConversationFailure) -> None:
        """Tell the memory of a failure, as far as it may be the address's own."""
        address = self._address
        if address is not None and _is_of_address(failure):
            self._memory.health.failed(address, self.finding(failure))

    def keep_session(self) -> None:
        """Leave to later connections what this one can be resumed by."""
        tls = self.driver.tls if self.driver is not None else None
        if tls is None or self._address is None:
            return
        if self._basis is None:
            self._basis = self._find_basis(tls)
        self._memory.resumption.keep(self._address, tls, self._basis)

    async def go(self) -> None:
        """Try the addresses in turn until one lets us hand over messages.

        A failure that may be the address's own, up to its certificate, is no word about the
        others; what concerns the account is the same everywhere.

        Raises:
            ConversationFailure: none did; of several failures the one that got furthest.
        """
        waiting = self._memory.health.arrange(await self._resolve())
        tries: list[_Try] = []
        resume = True
        while waiting:
            try:
                sock, address = await self._connect(waiting)
            except ConversationFailure as failure:
                tries.append(self._try(failure))
                break
            waiting = [each for each in waiting if each != address and each not in self._unreached]
            try:
                await self._converse(sock, resume=resume)
            except ConversationFailure as failure:
                self._end(failure)
                if self._was_resumption():
                    self._memory.resumption.forget(address.text)
                    waiting.insert(0, address)
                    resume = False
                    continue
                if not _is_of_address(failure):
                    raise
                self.failed(failure)
                tries.append(self._try(failure))
            else:
                self._memory.health.succeeded(address.text)
                self.keep_session()
                return
        self._give_up(max(tries, key=lambda each: _WAY.index(each.failure.step)))

    # ------------------------------------------------------------------ steps

    async def _resolve(self) -> list[Address]:
        host = self._settings.host
        try:
            found = await resolve(host, self._settings.port, self._settings.deadlines.dns)
        except LocalTrouble as trouble:
            self.note(Step.DNS, host, f"({trouble.words})")
            raise
        self.note(Step.DNS, host, " ".join(address.text for address in found))
        return found

    async def _connect(self, addresses: Sequence[Address]) -> tuple[socket.socket, Address]:
        self._step, self.driver, self._address, self._offered = Step.TCP, None, None, None
        try:
            sock, address = await connect(
                addresses, self._settings.deadlines.connect, self._first, self._not_reached
            )
        except Unreached as unreached:
            self._address = unreached.address.text
            raise unreached.failure from None
        self._address = address.text
        self.note(Step.TCP, self._place(address), "connected")
        return sock, address

    def _not_reached(self, address: Address, failure: ConversationFailure) -> None:
        if isinstance(failure, LocalTrouble):
            self.note(Step.TCP, self._place(address), f"({failure.words})")
        else:
            self.note(Step.TCP, self._place(address), "connected")
            self.note(failure.step, "", f"({failure.words})")
        self._unreached.add(address)
        facts = {**self.facts(), "address": address.text}
        self._memory.health.failed(address.text, finding_of(failure, facts))

    async def _converse(self, sock: socket.socket, *, resume: bool) -> None:
        settings = self._settings
        try:
            tls = None if settings.encryption is Encryption.NONE else self._make_tls(resume=resume)
        except LocalTrouble:
            sock.close()
            raise
        self.driver = driver = Driver(settings.deadlines, self._began, tls, self._pace, self._ended)
        helo = settings.helo or _literal(str(sock.getsockname()[0]))
        try:
            await driver.attach(sock)
        except OSError:
            raise Closed(self._first, "reset") from None
        opening = Opening(helo=helo, encryption=settings.encryption, login=_login(settings))
        opening.transcript = self._transcript
        await driver.drive(opening)
        if opening.failure is not None:
            raise opening.failure
        self.reader = opening.reader
        self.capabilities = opening.capabilities

    def _make_tls(self, *, resume: bool) -> TlsClient:
        settings = self._settings
        try:
            context = self._memory.context()
        except RefusedCiphers as refused:
            raise LocalTrouble(Step.TLS, "tls.no-shared-cipher", str(refused)) from None
        if resume and self._address is not None:
            self._offered = self._memory.resumption.offer(self._address)
        session = None if self._offered is None else self._offered.session
        return TlsClient(context, settings.host, settings.anchors, session=session)

    def _find_basis(self, tls: TlsClient) -> Basis:
        if not tls.facts().resumed:
            return self._memory.resumption.basis_of(tls, self._connection, self.at())
        assert self._offered is not None
        return self._offered.basis

    # ------------------------------------------------------------------ failures

    def _was_resumption(self) -> bool:
        """It broke in TLS, before the first answer there, with a session that may be to blame."""
        driver = self.driver
        if self._offered is None or driver is None:
            return False
        return driver.tls_begun and not driver.answered_in_tls

    def _try(self, failure: ConversationFailure) -> _Try:
        return _Try(failure, self._address, self.driver, self._offered)

    def _give_up(self, chief: _Try) -> None:
        """Show the evidence of the failure that is told."""
        self._address, self.driver, self._offered = chief.address, chief.driver, chief.offered
        if self._is_turned_away(chief.failure):
            self._memory.turned_away()
        raise chief.failure

    def _is_turned_away(self, failure: ConversationFailure) -> bool:
        """The relay has as many connections as it wants, and says so or just lets none in."""
        if not isinstance(failure, Refused):
            return False
        if self.finding(failure).code == _TOO_MANY:
            return True
        busy = failure.step is Step.GREETING and failure.reply.code < 500  # noqa: PLR2004
        return busy and self._memory.open_connections > 0

    def _end(self, failure: ConversationFailure) -> None:
        if self.driver is not None:
            self.driver.break_off(failure)

    @property
    def _first(self) -> Step:
        """Whose answer is awaited once connected."""
        return Step.TLS if self._settings.encryption is Encryption.SMTPS else Step.GREETING

    def _place(self, address: Address) -> str:
        return f"{address.text} port {self._settings.port}"


def _is_of_address(failure: ConversationFailure) -> bool:
    """Whether another address of the name may do better.

    Everything before the sign-in is: a firewall, an old certificate, a machine being
    shut down. A password that was refused, or may have been, is tried nowhere else.
    """
    if isinstance(failure, LocalTrouble):
        return failure.step is Step.TCP
    if isinstance(failure, AuthNotOffered | NoMechanism):
        return True
    return failure.step is not Step.AUTH


def _login(settings: RelaySettings) -> Login | None:
    if settings.user is None or settings.password is None:
        return None
    return Login(settings.user, settings.password, settings.sign_in)


def _literal(address: str) -> str:
    """An address literal (RFC 5321 section 4.1.3)."""
    return f"[IPv6:{address.partition('%')[0]}]" if ":" in address else f"[{address}]"
