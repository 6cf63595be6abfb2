"""Drives a conversation over a wire: its bytes out, the relay's in, each step in its time."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from typing import Protocol, cast

from tocsin.mail.relay.fault import TlsTrouble
from tocsin.mail.relay.pace import Pace
from tocsin.mail.relay.settings import Deadlines
from tocsin.mail.relay.watch import Watch
from tocsin.mail.relay.wire import Wire
from tocsin.mail.smtp.failure import Closed, ConversationFailure, Refused, Unanswered
from tocsin.mail.smtp.mailing import Mailing
from tocsin.mail.smtp.opening import Opening
from tocsin.mail.smtp.reply import MalformedReply, ReplyReader
from tocsin.mail.smtp.sasl import Work
from tocsin.mail.smtp.step import Step
from tocsin.mail.smtp.transaction import Transaction
from tocsin.trust.facts import TlsFacts
from tocsin.trust.session import TlsClient, TlsFailure

Settled = Callable[[Sequence[Transaction]], object]
"""Who is told of the messages of a mailing as they end."""


class Conversation(Protocol):
    """What is driven: an opening, a mailing or a farewell."""

    done: bool
    heard: int
    """Answers taken so far: a step is done when it grows, not when bytes come."""

    @property
    def step(self) -> Step:
        """Whose answer is awaited."""

    def outgoing(self) -> bytes:
        """The next piece for the wire; empty when an answer has to come first."""

    def receive(self, data: bytes, at: float, /) -> object:
        """Take bytes of the relay."""

    def lost(self, failure: ConversationFailure, at: float, /) -> object:
        """The connection ended or a step took too long."""


class Driver:
    """One stream to a relay and whatever conversation runs on it; one at a time.

    Args:
        deadlines: seconds for each step.
        began: the loop's time that a conversation's seconds count from.
        tls: the session to begin when its turn comes; None where it never does.
        pace: is told how long each answer took.
        ended: is told once, when nothing more can be said here, and why.
    """

    def __init__(
        self,
        deadlines: Deadlines,
        began: float,
        tls: TlsClient | None,
        pace: Pace,
        ended: Callable[[ConversationFailure], object],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._deadlines = deadlines
        self._began = began
        self._tls = tls
        self._pace = pace
        self._ended = ended
        self._wire = Wire(self)
        self._watch = Watch(self._loop, self._expired)
        self._allowed = 0.0
        self._talk: Conversation | None = None
        self._over: asyncio.Future[None] | None = None
        self._settled: Settled | None = None
        self._asked: float | None = None  # when the flight that is not answered yet had left
        self._working: Work | None = None
        self._secured = False
        self.answered_in_tls = False
        """An answer of the opening came through TLS."""
        self.step = Step.GREETING
        """The last step that anything was awaited for."""
        self.loss: ConversationFailure | None = None
        """Why nothing more can be said here, once that is so."""

    @property
    def busy(self) -> bool:
        """A conversation is running."""
        return self._talk is not None

    @property
    def alive(self) -> bool:
        """Something can still be said here, as far as is known."""
        return self.loss is None and self._wire.alive

    @property
    def tls_begun(self) -> bool:
        """It has come to TLS, whatever came of that."""
        return self._wire.tls is not None

    @property
    def tls(self) -> TlsClient | None:
        """The TLS session once it is established."""
        tls = self._wire.tls
        return tls if tls is not None and tls.established else None

    @property
    def tls_facts(self) -> TlsFacts | None:
        """What the handshake showed, also when it failed; None before it began."""
        tls = self._wire.tls
        return None if tls is None else tls.facts()

    def at(self) -> float:
        """Seconds since the connection began."""
        return self._loop.time() - self._began

    async def attach(self, sock: socket.socket) -> None:
        """Take over a connected socket."""
        await self._loop.create_connection(lambda: self._wire, sock=sock)

    async def drive(self, talk: Conversation, settled: Settled | None = None) -> None:
        """Let a conversation run until it is done; how it ended is for it to say.

        `settled` is told of the messages of a mailing as soon as they have ended, after what
        follows them has been put on the wire.
        """
        if self.loss is not None:
            _tell(settled, talk.lost(self.loss, self.at()))
            return
        self._talk, self._settled = talk, settled
        self._over = self._loop.create_future()
        try:
            self._check_handshake(Step.GREETING)
            self._go_on(stepped=True)
            self._wire.listen()
            await self._over
        finally:
            self.step = talk.step
            self._talk = self._over = self._settled = self._asked = None
            self._watch.clear()

    def break_off(self, failure: ConversationFailure) -> None:
        """End the conversation that is running, if one is, and say nothing more."""
        first = self.loss is None
        if self.loss is None:
            self.loss = failure
        talk = self._talk
        if talk is not None and not talk.done:
            _tell(self._settled, talk.lost(failure, self.at()))
        self._finish()
        self._watch.stop()
        self._wire.drop()
        if first:
            self._ended(failure)

    # ------------------------------------------------------------------ driving

    def _go_on(self, *, stepped: bool) -> None:
        """Write what may be written; a new step, or a piece written, has its own deadline.

        Bytes that are no whole answer move no deadline: a relay that drips gains nothing.
        """
        talk, wire = self._talk, self._wire
        assert talk is not None
        if isinstance(talk, Opening) and talk.work is not None:
            self._work_out(talk.work, stepped=stepped)
            return
        wrote = False
        while not wire.congested and (piece := talk.outgoing()):
            wire.write(piece)
            wrote = True
        if talk.done:
            self._finish()
        elif wrote or stepped:
            time = self._loop.time()
            if wrote:
                self._asked = time
            self._watch.set(self._due(talk, time))

    def _work_out(self, work: Work, *, stepped: bool) -> None:
        """Let another thread compute what a sign-in takes long for; others go on meanwhile."""
        if stepped and self._talk is not None:
            self._watch.set(self._due(self._talk, self._loop.time()))
        if self._working is not work:
            self._working = work
            computed = self._loop.run_in_executor(None, work.run)
            computed.add_done_callback(lambda _done: self._worked_out(work))

    def _worked_out(self, work: Work) -> None:
        if isinstance(self._talk, Opening) and self._working is work and not self._talk.done:
            self._go_on(stepped=True)

    def _due(self, talk: Conversation, time: float) -> float:
        deadlines, step = self._deadlines, talk.step
        if not isinstance(talk, Mailing):
            self._allowed = deadlines.of(step)
        elif talk.sending:
            self._allowed = deadlines.body
        elif step is Step.BODY:
            self._allowed = deadlines.body_reply
        else:
            self._allowed = deadlines.of(step)
            last = self._began + talk.turn + deadlines.envelope
            if last < time + self._allowed:
                self._allowed = deadlines.envelope
                return last
        return time + self._allowed

    def _finish(self) -> None:
        if self._over is not None and not self._over.done():
            self._over.set_result(None)

    def _expired(self) -> None:
        """The deadline of a step passed."""
        if self._talk is not None and not self._talk.done:
            self.break_off(Unanswered(self._talk.step, self._allowed))

    def _check_handshake(self, before: Step) -> None:
        """Begin TLS when the conversation has come to it."""
        talk = self._talk
        if isinstance(talk, Opening) and talk.step is Step.TLS is not before and not talk.done:
            assert self._tls is not None
            self._wire.start_tls(self._tls)

    # ------------------------------------------------------------------ what the wire tells

    def on_data(self, data: bytes) -> None:
        """Wire: bytes of the relay."""
        talk = self._talk
        if talk is None or talk.done:
            self._take_notice(data)
            return
        before, heard, time = talk.step, talk.heard, self._loop.time()
        ended = talk.receive(data, time - self._began)
        stepped = talk.heard != heard
        if stepped and self._asked is not None:
            self._pace.answered(time - self._asked)
            self._asked = None
        settled = self._settled
        if settled is None:
            self.answered_in_tls |= stepped and self._secured
            self._check_handshake(before)
        self._go_on(stepped=stepped)
        _tell(settled, ended)

    def on_secured(self) -> None:
        """Wire: TLS is up and the relay verified."""
        facts, talk = self.tls_facts, self._talk
        if isinstance(talk, Opening) and not talk.done and facts is not None:
            self._secured = True
            resumed = ", resumed" if facts.resumed else ""
            talk.secured(self.at(), f"{facts.version}, {facts.cipher}{resumed}")
            self._go_on(stepped=True)

    def on_tls_failure(self, failure: TlsFailure) -> None:
        """Wire: TLS failed."""
        self.break_off(TlsTrouble(self._awaited(), failure))

    def on_room(self) -> None:
        """Wire: what was written has left."""
        if self._talk is not None and not self._talk.done:
            self._go_on(stepped=False)

    def on_lost(self, how: str) -> None:
        """Wire: the connection ended."""
        self.break_off(Closed(self._awaited(), how))

    def _awaited(self) -> Step:
        """Without a conversation: what would be said next."""
        return Step.MAIL if self._talk is None else self._talk.step

    def _take_notice(self, data: bytes) -> None:
        """Something came that nobody asked for: whatever it says, the connection is spent."""
        reader = ReplyReader()
        reader.feed(data)
        try:
            reply = reader.next()
        except MalformedReply:
            reply = None
        self.break_off(Closed(Step.MAIL, "closed") if reply is None else Refused(Step.MAIL, reply))


def _tell(settled: Settled | None, ended: object) -> None:
    if settled is not None and ended:
        settled(cast("Sequence[Transaction]", ended))
