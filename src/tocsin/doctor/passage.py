"""One connection to one address, and what it showed on its way."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from dataclasses import dataclass

from tocsin.base.clock import Instant, now, rfc3339
from tocsin.doctor.diary import Diary
from tocsin.doctor.looking import Looking
from tocsin.doctor.step import Step as Told
from tocsin.doctor.tape import Tape, shorten
from tocsin.doctor.trial import Trial
from tocsin.domain.delivery import Exchange
from tocsin.faults.fault import Finding
from tocsin.mail.envelope import Envelope
from tocsin.mail.relay.dial import Address, Unreached, connect
from tocsin.mail.relay.driver import Driver
from tocsin.mail.relay.fault import LocalTrouble, TlsTrouble, finding_of, finding_of_doubt
from tocsin.mail.relay.pace import Pace
from tocsin.mail.relay.settings import RelaySettings
from tocsin.mail.smtp.capability import Capabilities
from tocsin.mail.smtp.failure import (
    Closed,
    ConversationFailure,
    StartTlsMissing,
    Unanswered,
)
from tocsin.mail.smtp.farewell import Farewell
from tocsin.mail.smtp.mailing import Mailing
from tocsin.mail.smtp.opening import Encryption, Opening
from tocsin.mail.smtp.reply import ReplyReader
from tocsin.mail.smtp.sasl import Login
from tocsin.mail.smtp.step import Step
from tocsin.mail.smtp.transaction import Transaction
from tocsin.trust.facts import TlsFacts
from tocsin.trust.session import TlsClient
from tocsin.trust.verdict import readable

OF_THE_CERTIFICATE = frozenset(
    {
        "tls.untrusted-issuer",
        "tls.incomplete-chain",
        "tls.self-signed",
        "tls.expired",
        "tls.not-yet-valid",
        "tls.name-mismatch",
        "tls.weak-key",
        "tls.weak-signature",
        "tls.revoked",
        "tls.wrong-purpose",
        "tls.invalid-chain",
        "tls.intercepted",
    }
)
"""What is refused for the certificates, everything else of TLS being agreed on."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a connection is made: to whom, under which context, and with which login, if any.

    A `loose` context verifies nothing: then nothing but EHLO is ever said, and no `login`
    may be given.
    """

    settings: RelaySettings
    address: Address
    encryption: Encryption
    context: ssl.SSLContext | None
    login: Login | None = None
    loose: bool = False

    def __post_init__(self) -> None:
        if self.login is not None and (self.loose or self.context is None):
            raise ValueError("a login goes to verified relays alone")


class Passage:
    """A connection: `open` it, try an envelope or hand a message over, `close` it.

    No failure is raised; `failure` says what ended it.
    """

    def __init__(self, way: Way, diary: Diary) -> None:
        self.way = way
        self.failure: ConversationFailure | None = None
        self.greeting = ""
        self.greeted_at: Instant | None = None
        """This machine's time when the greeting came."""
        self.capabilities = Capabilities()
        self.ready = False
        """The opening was gone through to its end."""
        self.injected = False
        self.trial: Trial | None = None
        self.transaction: Transaction | None = None
        self._diary = diary
        self._driver: Driver | None = None
        self._reader = ReplyReader()
        self._socket: socket.socket | None = None
        self._tape: Tape | None = None
        self._step = Step.TCP

    @property
    def address(self) -> str:
        """The address that it went to."""
        return self.way.address.text

    @property
    def facts(self) -> dict[str, str]:
        """What every finding about it says."""
        settings = self.way.settings
        port = str(self.way.address.target[1])
        return {"host": settings.host, "port": port, "address": self.address}

    @property
    def tls(self) -> TlsFacts | None:
        """What the handshake showed, as far as it came."""
        return None if self._driver is None else self._driver.tls_facts

    @property
    def secured(self) -> bool:
        """The handshake was completed under the context given."""
        return self._driver is not None and self._driver.tls is not None

    @property
    def talks(self) -> bool:
        """Something can still be said."""
        return self._driver is not None and self._driver.alive

    @property
    def finding(self) -> Finding | None:
        """What the failure is called."""
        failure = self.failure
        if failure is None:
            return None
        if failure.step is Step.BODY and isinstance(failure, Unanswered):
            return finding_of_doubt(failure, self.facts)
        return finding_of(failure, self.facts)

    @property
    def transcript(self) -> tuple[Exchange, ...]:
        """What was said and heard so far, secrets masked."""
        opening = tuple(self._tape or ())
        trial = () if self.trial is None else tuple(self.trial.transcript)
        message = () if self.transaction is None else tuple(self.transaction.transcript())
        return opening + trial + message

    async def open(self) -> None:
        """Connect, and converse up to the sign-in."""
        began = asyncio.get_running_loop().time()
        try:
            await self._open(began)
        except ConversationFailure as failure:
            self._fail(failure)
            if self._tape is None or not self._tape:
                words = shorten(failure.words)
                name = "tls" if failure.step is Step.TLS else failure.step.value
                self._diary.note(
                    name, False, self._place(), words, address=self.address, since=began
                )

    async def try_envelope(self, sender: str, recipients: tuple[str, ...]) -> Trial:
        """Ask about an envelope without handing anything over."""
        tape = self._tape
        assert self._driver is not None
        assert tape is not None
        self.trial = Trial(sender, recipients, self.capabilities, self._reader)
        trial = self.trial
        before = self._driver.at()
        try:
            await self._driver.drive(trial)
        finally:
            for at, name, asked, answered in trial.transcript:
                ms = round((at - before) * 1000, 3)
                before = at
                self._note_exchange(name, ms, asked, answered)
        if trial.failure is not None:
            self._fail(trial.failure)
        return trial

    async def hand_over(self, envelope: Envelope) -> Transaction:
        """Hand a message over, as the sender does."""
        assert self._driver is not None
        driver = self._driver
        mailing = Mailing((envelope,), self.capabilities, self._reader)
        (self.transaction,) = mailing.transactions
        try:
            mailing.begin(driver.at())
            await driver.drive(mailing)
        finally:
            before = 0.0
            for at, name, asked, answered in self.transaction.transcript():
                self._note_exchange(name, round((at - before) * 1000, 3), asked, answered)
                before = at
        if mailing.failure is not None:
            self._fail(mailing.failure)
        return self.transaction

    def interrupt(self, seconds: float) -> None:
        """Whoever waited for it waits no longer: what was awaited then has failed."""
        if self.failure is None:
            step = self._step if self._driver is None else self._driver.step
            self.failure = Unanswered(step, seconds)
            self._note_step(step.value, False, "", self.failure.words)

    async def close(self) -> None:
        """Take leave. In TLS 1.3 a relay may say only then what it thinks of the handshake."""
        driver = self._driver
        if driver is None:
            return
        if driver.alive:
            await driver.drive(Farewell())
        if self.failure is None and isinstance(driver.loss, TlsTrouble):
            self.failure = driver.loss
        driver.break_off(Closed(Step.QUIT, "dropped by us"))

    # ------------------------------------------------------------------ opening

    async def _open(self, began: float) -> None:
        way, loop = self.way, asyncio.get_running_loop()
        deadlines = way.settings.deadlines
        try:
            sock, _ = await connect((way.address,), deadlines.connect, self._first, lambda *_: None)
        except Unreached as unreached:
            raise unreached.failure from None
        self._diary.note("tcp", True, self._place(), "connected", address=self.address, since=began)
        self._step = self._first
        try:
            tls = self._make_tls()
        except LocalTrouble:
            sock.close()
            raise
        self._socket = sock
        self._driver = driver = Driver(deadlines, began, tls, Pace(), lambda _failure: None)
        helo = way.settings.helo or _literal(str(sock.getsockname()[0]))
        try:
            await driver.attach(sock)
        except OSError:
            raise Closed(self._first, "reset") from None
        self._tape = Tape(
            self._diary,
            self.address,
            loop.time() - began,
            passed=self._exchanged,
            secured=self._show_certificate,
            agreed=self._temporary_key,
        )
        await self._converse(driver, self._tape, helo)

    async def _converse(self, driver: Driver, tape: Tape, helo: str) -> None:
        way = self.way
        opening = (
            Looking(helo=helo, encryption=way.encryption)
            if way.loose
            else Opening(helo=helo, encryption=way.encryption, login=way.login)
        )
        opening.transcript = tape
        await driver.drive(opening)
        self._reader, self.capabilities = opening.reader, opening.capabilities
        self.injected = isinstance(opening, Looking) and opening.injected
        if opening.failure is not None:
            self._fail(opening.failure)
            self._tell_end(tape, opening.failure)
            return
        tape.end(ok=True)
        self.ready = True

    def _make_tls(self) -> TlsClient | None:
        way = self.way
        if way.encryption is Encryption.NONE or way.context is None:
            return None
        try:
            return TlsClient(way.context, way.settings.host, way.settings.anchors)
        except ValueError as error:  # a name that cannot stand in a handshake
            raise LocalTrouble(Step.TLS, "dns.not-found", str(error)) from None

    def _fail(self, failure: ConversationFailure) -> None:
        if self.failure is None:
            self.failure = failure

    @property
    def _first(self) -> Step:
        return Step.TLS if self.way.encryption is Encryption.SMTPS else Step.GREETING

    def _place(self) -> str:
        return f"{self.address} port {self.way.address.target[1]}"

    # ------------------------------------------------------------------ steps

    def _exchanged(self) -> None:
        tape = self._tape
        if tape is not None and not self.greeting and tape[-1].step == Step.GREETING:
            self.greeting, self.greeted_at = tape[-1].received, now()
        # What comes next is answered only after our write of this turn has left.
        asyncio.get_running_loop().call_soon(self._acknowledge_at_once)

    def _acknowledge_at_once(self) -> None:
        """A server that waits for our acknowledgement would wait 40 ms (RFC 9293 3.8.6.3)."""
        if hasattr(socket, "TCP_QUICKACK") and self._socket is not None:  # Linux
            with contextlib.suppress(OSError):
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def _tell_end(self, tape: Tape, failure: ConversationFailure) -> None:
        """The last steps of a way that ended in a failure."""
        last = tape.last
        if isinstance(failure, TlsTrouble) and failure.step is Step.TLS:
            self._tell_tls(failure, tape.drop())
        elif isinstance(failure, StartTlsMissing):
            tape.end(ok=True)
            offered = ", ".join(failure.offered) or "nothing"
            self._note_step("starttls", False, "", f"not offered; offered: {offered}")
        elif last is not None and last.step != failure.step.value:
            tape.end(ok=True)
            self._note_step(failure.step.value, False, "", failure.words)
        else:
            tape.end(ok=False)

    def _tell_tls(self, failure: TlsTrouble, ms: float) -> None:
        facts, code = self.tls, failure.finding.code
        agreed = ", ".join(filter(None, (facts.version, facts.cipher))) if facts else ""
        reason = failure.finding.facts.get("reason", "")
        if code not in OF_THE_CERTIFICATE:
            received = failure.finding.facts.get("received", "")
            words = " ".join(filter(None, (agreed, f"({code})", reason or received)))
            self._diary.add(Told("tls", self.address, False, ms, "ClientHello", shorten(words)))
            return
        words = (agreed or "certificates came") + self._temporary_key()
        self._diary.add(Told("tls", self.address, True, ms, "ClientHello", words))
        shown = self._leaf() if facts else ""
        self._note_step("certificate", False, self.way.settings.host, f"{shown} ({code})".strip())

    def _temporary_key(self) -> str:
        """The server's key of the exchange, as far as it was seen."""
        facts = self.tls
        if facts is None or facts.temp_key_kind is None:
            return ""
        group = facts.temp_key_group
        named = f" {group}" if group and group != facts.temp_key_kind else ""
        bits = f", {facts.temp_key_bits} bits" if facts.temp_key_bits else ""
        return f", temporary key {facts.temp_key_kind}{named}{bits}"

    def _show_certificate(self) -> None:
        if self.way.loose:
            return
        facts = self.tls
        anchor = anchor_name(facts, self.way.settings) if facts else ""
        shown = self._leaf()
        self._note_step("certificate", True, self.way.settings.host, f"{shown}{anchor}")

    def _leaf(self) -> str:
        found = readable(self.tls.chain[:1]) if self.tls is not None else []
        if not found:
            return ""
        leaf = found[0]
        until = rfc3339(leaf.not_after)[:10]
        return f"{leaf.title}, by {leaf.issuer_common_name or leaf.issuer}, until {until}"

    def _note_exchange(self, name: str, ms: float, asked: str, answered: str) -> None:
        code = answered[:1]
        ok = code in {"2", "3"}
        self._diary.add(Told(name, self.address, ok, ms, asked, shorten(answered)))

    def _note_step(self, name: str, ok: bool | None, asked: str, answered: str) -> None:  # noqa: FBT001
        self._diary.note(name, ok, asked, shorten(answered), address=self.address)


def anchor_name(facts: TlsFacts, settings: RelaySettings) -> str:
    """Which entry of the trust store carries the chain, in words."""
    verified = readable(facts.verified)
    held = {one.certificate.sha256: one.name for one in settings.anchors}
    name = next((held[one.sha256] for one in verified if one.sha256 in held), None)
    return "" if name is None else f", trusted by {name}"


def _literal(address: str) -> str:
    """An address literal (RFC 5321 section 4.1.3)."""
    return f"[IPv6:{address.partition('%')[0]}]" if ":" in address else f"[{address}]"
