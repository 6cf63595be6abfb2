"""One connection to a relay: opened, used for batches of messages, closed."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Sequence
from functools import lru_cache

from tocsin.base.clock import Instant, now
from tocsin.base.ids import uuid7
from tocsin.domain.delivery import ConnectionEvidence, Exchange
from tocsin.faults.catalogue import FAULTS
from tocsin.faults.fault import Scope
from tocsin.mail.envelope import Envelope
from tocsin.mail.relay.dial import Address, connect, resolve
from tocsin.mail.relay.driver import Driver
from tocsin.mail.relay.fault import LocalTrouble, RelayFailure, finding_of
from tocsin.mail.relay.outcome import SendOutcome, finding_of_message, outcome_of
from tocsin.mail.relay.settings import RelaySettings
from tocsin.mail.smtp.capability import Capabilities
from tocsin.mail.smtp.failure import Closed, ConversationFailure, Unanswered
from tocsin.mail.smtp.farewell import Farewell
from tocsin.mail.smtp.mailing import Mailing
from tocsin.mail.smtp.opening import Encryption, Opening
from tocsin.mail.smtp.reply import ReplyReader
from tocsin.mail.smtp.sasl import Login
from tocsin.mail.smtp.step import Step
from tocsin.mail.smtp.transaction import Transaction
from tocsin.trust.anchor import Anchor
from tocsin.trust.context import client_context
from tocsin.trust.policy import CipherPolicy, RefusedCiphers
from tocsin.trust.session import TlsClient


class RelayConnection:
    """A connection to a relay; does nothing until `open`.

    One task at a time uses it. It does not close itself when idle: its owner looks at
    `stale`, and at `usable`, which turns False as soon as the relay has taken leave.
    """

    def __init__(self, settings: RelaySettings) -> None:
        self.settings = settings
        self.id = uuid7()
        self._opened_at: Instant = 0
        self._began = 0.0
        self._idle_from = 0.0
        self._address: str | None = None
        self._step = Step.DNS
        self._transcript: list[Exchange] = []
        self._driver: Driver | None = None
        self._reader = ReplyReader()
        self._capabilities = Capabilities()
        self._carried = 0
        self._ready = False

    @property
    def usable(self) -> bool:
        """A batch can be handed over now."""
        return self._ready and self._driver is not None and self._driver.alive

    @property
    def capabilities(self) -> Capabilities:
        """What the relay offers, as said after TLS."""
        return self._capabilities

    @property
    def carried(self) -> int:
        """Messages that the relay answered on this connection, with yes or no."""
        return self._carried

    @property
    def reused(self) -> bool:
        """It has carried a message before: what goes wrong now may be its age."""
        return self._carried > 0

    @property
    def idle_since(self) -> Instant:
        """When it was last in use."""
        return self._opened_at + int((self._idle_from - self._began) * 1_000_000)

    @property
    def idle_limit(self) -> float:
        """Seconds it may rest before its owner should close it."""
        return self.settings.idle_limit

    @property
    def stale(self) -> bool:
        """It has rested for longer than it may."""
        if self._driver is not None and self._driver.busy:
            return False
        return asyncio.get_running_loop().time() - self._idle_from >= self.idle_limit

    @property
    def evidence(self) -> ConnectionEvidence:
        """What the connection showed until now; secrets are masked."""
        facts = self._driver.tls_facts if self._driver is not None else None
        return ConnectionEvidence(
            relay=self.settings.name,
            host=self.settings.host,
            port=self.settings.port,
            address=self._address,
            opened_at=self._opened_at,
            tls_version=facts.version if facts is not None else None,
            cipher=facts.cipher if facts is not None else None,
            chain=facts.chain if facts is not None else (),
            resumed=facts.resumed if facts is not None else False,
            transcript=tuple(self._transcript),
        )

    async def open(self) -> ConnectionEvidence:
        """Connect, start TLS, verify the relay, sign in; every step within its deadline.

        All addresses of the name are tried until one greets.

        Raises:
            RelayFailure: with the finding and the evidence gathered until then.
        """
        assert self._began == 0, "a connection is opened once"
        self._opened_at = now()
        self._began = asyncio.get_running_loop().time()
        limit = self.settings.deadlines.opening
        try:
            async with asyncio.timeout(limit):
                await self._open()
        except ConversationFailure as failure:
            raise self._failed(failure) from None
        except TimeoutError:
            late = Unanswered(self._last_step(), limit)
            self._note(late.step, "", f"({late.words} altogether)")
            raise self._failed(late) from None
        except BaseException:
            self._end(Closed(self._last_step(), "dropped by us"))
            raise
        self._ready = True
        self._idle_from = asyncio.get_running_loop().time()
        return self.evidence

    async def deliver(self, batch: Sequence[Envelope]) -> list[SendOutcome]:
        """Hand over a batch; one outcome for each message, in order.

        Trouble with the relay raises nothing: it is in the outcomes, and `usable` turns
        False. After a refusal that concerns the relay as a whole the rest of the batch
        stays untried.

        Raises:
            ValueError: more messages than `settings.window`.
        """
        if len(batch) > self.settings.window:
            raise ValueError(f"{len(batch)} messages; at most {self.settings.window} at a time")
        mailing = Mailing(
            batch, self._capabilities, self._reader, carried=self._carried, halts=_halts
        )
        driver = self._driver
        if driver is None or not self.usable:
            loss = driver.loss if driver is not None else None
            mailing.lost(loss or Closed(Step.MAIL, "closed"), self._at())
            return self._outcomes(mailing)
        assert not driver.busy, "one batch at a time"
        mailing.begin(self._at())
        try:
            await driver.drive(mailing)
        except BaseException:
            self._end(Closed(mailing.step, "dropped by us"))
            raise
        self._carried = mailing.carried
        self._idle_from = asyncio.get_running_loop().time()
        if mailing.failure is not None:
            self._end(mailing.failure)
        return self._outcomes(mailing)

    async def close(self) -> None:
        """Take leave and end the connection; never takes longer than the deadline for it.

        A batch under way is broken off; its `deliver` returns what is known.
        """
        usable, self._ready = self.usable, False
        if usable and self._driver is not None and not self._driver.busy:
            await self._driver.drive(Farewell())
        self._end(Closed(Step.QUIT, "dropped by us"))

    # ------------------------------------------------------------------ opening

    async def _open(self) -> None:
        waiting = await self._resolve()
        while True:
            sock, address = await self._connect(waiting)
            waiting.remove(address)
            try:
                await self._converse(sock)
            except ConversationFailure as failure:
                # A machine that does not even greet is no word about the others.
                if failure.step is not Step.GREETING or not waiting:
                    raise
                self._end(failure)
            else:
                return

    async def _resolve(self) -> list[Address]:
        host = self.settings.host
        try:
            found = await resolve(host, self.settings.port, self.settings.deadlines.dns)
        except LocalTrouble as trouble:
            self._note(Step.DNS, host, f"({trouble.words})")
            raise
        self._note(Step.DNS, host, " ".join(address.text for address in found))
        return found

    async def _connect(self, addresses: Sequence[Address]) -> tuple[socket.socket, Address]:
        self._step, self._driver, self._address = Step.TCP, None, None
        port = self.settings.port
        troubles: list[LocalTrouble] = []
        try:
            sock, address = await connect(
                addresses, self.settings.deadlines.connect, troubles.append
            )
        except LocalTrouble as none_answered:
            self._address = none_answered.address
            raise
        finally:
            for trouble in troubles:
                self._note(Step.TCP, f"{trouble.address} port {port}", f"({trouble.words})")
        self._address = address.text
        self._note(Step.TCP, f"{address.text} port {port}", "connected")
        return sock, address

    async def _converse(self, sock: socket.socket) -> None:
        settings = self.settings
        tls = None if settings.encryption is Encryption.NONE else self._make_tls()
        self._driver = driver = Driver(settings.deadlines, self._began, tls)
        helo = settings.helo or _literal(str(sock.getsockname()[0]))
        try:
            await driver.attach(sock)
        except OSError:
            raise Closed(Step.GREETING, "reset") from None
        login = None
        if settings.user is not None and settings.password is not None:
            login = Login(settings.user, settings.password)
        opening = Opening(helo=helo, encryption=settings.encryption, login=login)
        opening.transcript = self._transcript
        await driver.drive(opening)
        if opening.failure is not None:
            raise opening.failure
        self._reader = opening.reader
        self._capabilities = opening.capabilities

    def _make_tls(self) -> TlsClient:
        settings = self.settings
        try:
            context = _context(settings.anchors, settings.policy)
            return TlsClient(context, settings.host, settings.anchors)
        except RefusedCiphers as refused:
            raise LocalTrouble(Step.TLS, "tls.no-shared-cipher", str(refused)) from None

    # ------------------------------------------------------------------ small things

    def _at(self) -> float:
        return asyncio.get_running_loop().time() - self._began

    def _last_step(self) -> Step:
        return self._step if self._driver is None else self._driver.step

    def _note(self, step: Step, sent: str, received: str) -> None:
        self._transcript.append(Exchange(round(self._at(), 6), step.value, sent, received))

    def _facts(self) -> dict[str, str]:
        facts = {"host": self.settings.host, "port": str(self.settings.port)}
        if self._address is not None:
            facts["address"] = self._address
        return facts

    def _failed(self, failure: ConversationFailure) -> RelayFailure:
        self._end(failure)
        return RelayFailure(finding_of(failure, self._facts()), self.evidence)

    def _outcomes(self, mailing: Mailing) -> list[SendOutcome]:
        facts = self._facts()
        reason = mailing.failure or mailing.halted_by
        return [
            outcome_of(transaction, reason, facts, self._opened_at)
            for transaction in mailing.transactions
        ]

    def _end(self, failure: ConversationFailure) -> None:
        """Nothing more will be said on this connection."""
        self._ready = False
        if self._driver is not None:
            self._driver.break_off(failure)


def _halts(refused: Transaction) -> bool:
    """A refusal that concerns the relay would only be given to the next message as well."""
    finding = finding_of_message(refused, None, {})
    fault = FAULTS.get(finding.code) if finding is not None else None
    return fault is not None and fault.scope is Scope.RELAY


@lru_cache(maxsize=32)
def _context(anchors: tuple[Anchor, ...], policy: CipherPolicy) -> ssl.SSLContext:
    """Contexts are made once for a trust store and policy: loading anchors takes time."""
    return client_context(anchors, policy)


def _literal(address: str) -> str:
    """An address literal (RFC 5321 section 4.1.3)."""
    return f"[IPv6:{address.partition('%')[0]}]" if ":" in address else f"[{address}]"
