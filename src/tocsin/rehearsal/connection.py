"""One client on the wire: octets between socket, TLS and conversation, acts played in order."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections import deque
from collections.abc import Callable, Iterable
from typing import Protocol

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.conversation import Conversation
from tocsin.rehearsal.event import Answer, Event, Submitted, Then
from tocsin.rehearsal.script import Act, End, Hear, Pause, Say, Script, Wire
from tocsin.rehearsal.submission import Submission
from tocsin.rehearsal.tls import BrokenTls, TlsServer

_LINGER = 5.0
"""Seconds that a client is given to take the last octets."""
_RESET = struct.pack("ii", 1, 0)
_ENDINGS = {Then.SECURE: End.SECURE, Then.CLOSE: End.CLOSE}


class House(Protocol):
    """What a connection asks of the relay."""

    idle_seconds: float
    context: ssl.SSLContext

    def enter(self, connection: Connection) -> bool:
        """Whether there is room."""

    def leave(self, connection: Connection) -> None:
        """It has ended."""

    def take(self, submission: Submission) -> bytes:
        """The reply to a message."""

    def play(self, step: Step | None, script: Script) -> Script:
        """The acts in place of the honest ones."""


class Connection(asyncio.Protocol):
    """Plays answers on the wire in their order, whatever they consist of."""

    def __init__(
        self,
        house: House,
        conversation: Conversation,
        *,
        wrapper: bool,
        crowded: Callable[[], Answer],
    ) -> None:
        self._house = house
        self._conversation = conversation
        self._wrapper = wrapper
        self._crowded = crowded
        self._acts: deque[Act] = deque()
        self._plain = bytearray()
        self._waiting: asyncio.TimerHandle | None = None
        self._hearing = 0
        self._tls: TlsServer | None = None
        self._ended = False
        self._silent = False

    # ------------------------------------------------------------------ asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet, or wait for TLS."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._heard_at = self._loop.time()
        self._watch = self._loop.call_later(self._house.idle_seconds, self._check_idle)
        room = self._house.enter(self)
        self._first = self._conversation.begin() if room else self._crowded()
        if self._wrapper:
            self._tls = TlsServer(self._house.context)
        else:
            self._do([self._first])
        self._perform()

    def data_received(self, data: bytes) -> None:
        """Take what came, answer it, put the answers on the wire in one piece."""
        self._heard_at = self._loop.time()
        if self._ended or self._silent:
            return
        if self._hearing:
            self._hearing = max(0, self._hearing - len(data))
        if self._tls is not None:
            self._take_ciphertext(data)
        else:
            self._do(self._conversation.receive(data))
        self._perform()

    def eof_received(self) -> bool:
        """The client sends no more: nothing is left to answer."""
        return False

    def connection_lost(self, _exc: Exception | None) -> None:
        """Stop everything."""
        self._ended = True
        self._watch.cancel()
        if self._waiting is not None:
            self._waiting.cancel()
        self._acts.clear()
        self._house.leave(self)

    def pause_writing(self) -> None:
        """A client that takes no answers is not listened to."""
        with contextlib.suppress(RuntimeError):
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """It takes them again."""
        with contextlib.suppress(RuntimeError):
            self._transport.resume_reading()

    def abort(self) -> None:
        """End it at once."""
        self._transport.abort()

    # ------------------------------------------------------------------ hearing

    def _take_ciphertext(self, data: bytes) -> None:
        assert self._tls is not None
        established = self._tls.established
        try:
            plain = self._tls.receive(data)
        except BrokenTls:
            # The alert says why; the client has the word if it still listens.
            self._acts.extend((Wire(self._tls.outgoing()), End.DROP))
            return
        if not established:
            flight = self._tls.outgoing()
            if flight:
                self._play(Step.TLS, [Wire(flight)])
            if self._tls.established:
                self._conversation.secured()
                if self._wrapper:
                    self._do([self._first])
        if plain:
            self._do(self._conversation.receive(plain))
        if self._tls.ended:
            self._acts.append(End.CLOSE)

    def _check_idle(self) -> None:
        if self._acts or self._silent:
            self._heard_at = self._loop.time()  # the silence is ours
        left = self._heard_at + self._house.idle_seconds - self._loop.time()
        if left > 0:
            self._watch = self._loop.call_later(left, self._check_idle)
        elif self._tls is not None and not self._tls.established:
            self._transport.close()
        else:
            self._do(self._conversation.idle())
            self._perform()

    # ------------------------------------------------------------------ answering

    def _do(self, events: Iterable[Event]) -> None:
        waiting = deque(events)
        while waiting:
            event = waiting.popleft()
            if isinstance(event, Submitted):
                waiting.extend(self._conversation.settle(self._house.take(event.submission)))
                continue
            script: list[Act] = [Say(event.text)]
            if event.then in _ENDINGS:
                script.append(_ENDINGS[event.then])
            self._play(event.step, script)

    def _play(self, step: Step | None, script: Script) -> None:
        played = self._house.play(step, script)
        if _grants(script) and not _grants(played):
            self._conversation.retract(step)
        self._acts.extend(played)

    def _perform(self) -> None:
        """Go through the acts as far as they go now."""
        while self._acts and self._waiting is None and not self._ended:
            act = self._acts[0]
            if isinstance(act, Hear):
                self._hearing = act.octets
                self._acts[0] = _HEARING
                break
            if act is _HEARING and self._hearing:
                break
            self._acts.popleft()
            if isinstance(act, Say):
                self._plain += act.octets
            elif isinstance(act, Wire):
                self._flush()
                self._transport.write(act.octets)
            elif isinstance(act, Pause):
                if act.seconds > 0:
                    self._waiting = self._loop.call_later(act.seconds, self._resume)
            elif isinstance(act, End):
                self._end(act)
        self._flush()

    def _resume(self) -> None:
        self._waiting = None
        self._perform()

    def _flush(self) -> None:
        """Put on the wire what was said since."""
        if not self._plain or self._ended:
            return
        said = bytes(self._plain)
        self._plain.clear()
        if self._tls is None:
            self._transport.write(said)
            return
        with contextlib.suppress(BrokenTls):
            self._tls.send(said)
        self._transport.write(self._tls.outgoing())

    def _end(self, how: End) -> None:
        self._flush()
        if how is End.SECURE:
            self._tls = TlsServer(self._house.context)
            return
        self._acts.clear()
        if how is End.SILENCE:
            self._silent = True
            return
        if how is End.CLOSE and self._tls is not None and self._tls.established:
            self._tls.close()
            self._transport.write(self._tls.outgoing())
        self._ended = True
        if how is End.RESET:
            connection = self._transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self._transport.abort()
            return
        self._transport.close()
        self._waiting = self._loop.call_later(_LINGER, self._transport.abort)


_HEARING: Act = Pause(0)
"""Stands in the place of a `Hear` whose octets are awaited."""


def _grants(script: Script) -> bool:
    """Whether what is said first is a 2yz or 3yz (RFC 5321 section 4.2.1)."""
    said = next((act.octets for act in script if isinstance(act, Say)), b"")
    return said[:1] in {b"2", b"3"}
