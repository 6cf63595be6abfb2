"""From the greeting to the sign-in: greeting, EHLO, STARTTLS, TLS, EHLO again, AUTH."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Generator
from dataclasses import dataclass
from enum import StrEnum

from tocsin.domain.delivery import Exchange
from tocsin.mail.smtp.capability import Capabilities, is_masked_greeting, read_capabilities
from tocsin.mail.smtp.command import check_greeting_name
from tocsin.mail.smtp.failure import (
    ConversationFailure,
    Masked,
    NotSmtp,
    Refused,
    StartTlsInjection,
    StartTlsMissing,
    UnfitLogin,
    refusal,
)
from tocsin.mail.smtp.reply import MalformedReply, Reply, ReplyReader
from tocsin.mail.smtp.sasl import Login, Mechanism, Response, Work, choose
from tocsin.mail.smtp.step import Step

_READY, _OK, _SIGNED_IN, _GO_ON = 220, 250, 235, 334
_UNKNOWN_COMMAND = (500, 502)

_MAX_COMMAND = 512
"""Longest command line with its CRLF, in bytes (RFC 5321 section 4.5.3.1.4)."""
_MAX_RESPONSE = 12_288
"""Longest line of a sign-in with its CRLF, in bytes (RFC 4954 section 4)."""


class Encryption(StrEnum):
    """How the connection is encrypted. Nothing ever falls back from one to another."""

    STARTTLS = "starttls"
    SMTPS = "smtps"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply came to the step that awaited it."""

    step: Step
    reply: Reply


class Opening:
    """Leads a fresh connection to where messages can be handed over.

    Give it what the server sends (`receive`) and put `outgoing` on the wire. While
    `step` is `Step.TLS` the driver does the handshake, and calls `secured` once the
    server is verified: nothing secret leaves before. While there is `work`, it takes long
    to compute what `outgoing` will give. It is over when `done`; `failure` then says why
    it failed, if it did.

    Raises:
        ValueError: a login without encryption, or a name unfit for EHLO.
    """

    def __init__(self, *, helo: str, encryption: Encryption, login: Login | None = None) -> None:
        if login is not None and encryption is Encryption.NONE:
            raise ValueError("a password is never sent without encryption")
        self._helo = check_greeting_name(helo)
        self._encryption = encryption
        self._login = login
        self._secure = False
        self._out = b""
        self._shown = ""
        self._greeting = ""
        self.reader = ReplyReader()
        self.capabilities = Capabilities()
        self.transcript: list[Exchange] = []
        self.done = False
        self.heard = 0
        """Answers taken so far."""
        self.failure: ConversationFailure | None = None
        self._work: Work | None = None
        self._talk = self._converse()
        self.step = next(self._talk)

    @property
    def work(self) -> Work | None:
        """What another thread may run before `outgoing` is called, which otherwise does."""
        work = self._work
        return None if work is None or work.done else work

    def outgoing(self) -> bytes:
        """What to put on the wire now."""
        if self._work is not None:
            self._work.run()
            self._work = None
            try:
                self._advance(None)
            except ConversationFailure as failure:
                self._fail(failure)
        data, self._out = self._out, b""
        return data

    def receive(self, data: bytes, at: float) -> list[Answer]:
        """Take bytes of the server; `at` is seconds since the connection began."""
        answers: list[Answer] = []
        if self.done:
            return answers
        self.reader.feed(data)
        try:
            if self._work is not None:
                self._check_unasked()
            while not self.done and (reply := self.reader.next()) is not None:
                self.heard += 1
                answers.append(Answer(self.step, reply))
                self._note(at, reply.shown)
                self._advance(reply)
                self._check_unasked()
        except MalformedReply as trouble:
            self._fail(NotSmtp(self.step, str(trouble), trouble.received), at)
        except ConversationFailure as failure:
            self._fail(failure)
        return answers

    def secured(self, at: float, shown: str) -> None:
        """The handshake is done and the server verified; `shown` says with what."""
        self._secure = True
        self.reader = ReplyReader()
        self.capabilities = Capabilities()
        self._shown = "ClientHello"
        self._note(at, shown)
        self._advance(None)

    def lost(self, failure: ConversationFailure, at: float) -> None:
        """The driver cannot go on: the connection ended or the step took too long."""
        if not self.done:
            self._fail(failure, at)

    def _fail(self, failure: ConversationFailure, at: float | None = None) -> None:
        if at is not None:
            self._note(at, f"({failure.words})")
        self.failure = failure
        self.done = True
        self._out = b""
        self._work = None
        self._talk.close()

    def _note(self, at: float, received: str) -> None:
        self.transcript.append(Exchange(round(at, 6), self.step.value, self._shown, received))
        self._shown = ""

    def _advance(self, reply: Reply | None) -> None:
        try:
            self.step = self._talk.send(reply)
        except StopIteration:
            self.done = True

    def _check_unasked(self) -> None:
        """Nobody answers before being asked; after STARTTLS it would be an attack."""
        unread = self.reader.unread
        if unread and self.step is Step.TLS:
            raise StartTlsInjection(self.reader.quote(unread))
        if unread:
            raise NotSmtp(self.step, "more came than was asked for", self.reader.quote(unread))

    # The conversation itself: each `yield` awaits the answer to the step it names.

    def _converse(self) -> Generator[Step, Reply | None, None]:
        if self._encryption is Encryption.SMTPS:
            yield Step.TLS
        greeting = yield from self._await(Step.GREETING)
        self._greeting = greeting.shown
        if greeting.code != _READY:
            raise refusal(Step.GREETING, greeting)
        yield from self._greet()
        if self._encryption is Encryption.STARTTLS:
            yield from self._start_tls()
            yield from self._greet()
        if self._login is not None:
            yield from self._sign_in(self._login)

    def _await(self, step: Step) -> Generator[Step, Reply | None, Reply]:
        reply = yield step
        assert reply is not None
        return reply

    def _ask(
        self, step: Step, line: bytes, shown: str | None = None
    ) -> Generator[Step, Reply | None, Reply]:
        self._out += line + b"\r\n"
        self._shown = line.decode() if shown is None else shown
        return (yield from self._await(step))

    def _greet(self) -> Generator[Step, Reply | None, None]:
        reply = yield from self._ask(Step.EHLO, f"EHLO {self._helo}".encode())
        if reply.code == _OK:
            self.capabilities = read_capabilities(reply)
            return
        if reply.code in _UNKNOWN_COMMAND and self._encryption is Encryption.NONE:
            # RFC 5321 section 3.2: an old relay knows only HELO, and offers nothing.
            reply = yield from self._ask(Step.EHLO, f"HELO {self._helo}".encode())
            if reply.code == _OK:
                return
        if reply.code in _UNKNOWN_COMMAND and is_masked_greeting(self._greeting):
            raise Masked(Step.EHLO, self._greeting)
        raise refusal(Step.EHLO, reply)

    def _start_tls(self) -> Generator[Step, Reply | None, None]:
        offered = self.capabilities
        if not offered.starttls:
            if is_masked_greeting(self._greeting):
                raise Masked(Step.EHLO, self._greeting)
            if offered.masked:
                raise Masked(Step.EHLO, " ".join(offered.keywords))
            raise StartTlsMissing(tuple(offered.keywords))
        reply = yield from self._ask(Step.STARTTLS, b"STARTTLS")
        if reply.code in _UNKNOWN_COMMAND:
            # Offered and then unknown: what offered it is not what answered.
            raise Masked(Step.STARTTLS, reply.shown)
        if reply.code != _READY:
            raise refusal(Step.STARTTLS, reply)
        yield Step.TLS

    def _sign_in(self, login: Login) -> Generator[Step, Reply | None, None]:
        assert self._secure
        mechanism = choose(login, self.capabilities.mechanisms)
        password = login.password.reveal()
        self.reader.mask((password, _base64(password.encode("utf-8", "replace"))))
        reply = yield from self._exchange(mechanism)
        if reply.code != _SIGNED_IN:
            failure = refusal(Step.AUTH, reply)
            if isinstance(failure, Refused) and mechanism.detail:
                failure = Refused(Step.AUTH, reply, self.reader.masked(mechanism.detail))
            raise failure
        mechanism.finish()

    def _exchange(self, mechanism: Mechanism) -> Generator[Step, Reply | None, Reply]:
        """AUTH and whatever is asked after it, up to an answer that asks nothing more."""
        line = command = f"AUTH {mechanism.name}"
        left = mechanism.first()
        if left is not None:
            whole = f"{command} {self._encoded(left)}"
            if len(whole) + 2 <= _MAX_COMMAND:
                line, command, left = whole, f"{command} {left.shown}", None
        reply = yield from self._ask(Step.AUTH, line.encode(), command)
        while reply.code == _GO_ON:
            if left is None:
                left = yield from self._answer_challenge(mechanism)
            if left is None:
                return reply
            response, left = left, None
            reply = yield from self._ask(
                Step.AUTH, self._encoded(response).encode(), response.shown
            )
        return reply

    def _answer_challenge(
        self, mechanism: Mechanism
    ) -> Generator[Step, Reply | None, Response | None]:
        mechanism.challenged(self.reader.challenge.strip())
        if mechanism.work is not None and not mechanism.work.done:
            self._work = mechanism.work
            yield Step.AUTH
        return mechanism.respond()

    def _encoded(self, response: Response) -> str:
        """The line as it goes out; from now on the evidence hides what is secret of it."""
        line = _base64(response.data)
        if len(line) + 2 > _MAX_RESPONSE:
            raise UnfitLogin("user and password are longer than a line of a sign-in may be")
        self.reader.mask((line, *response.hidden) if response.secret else response.hidden)
        return line


def _base64(data: bytes) -> str:
    return b64encode(data).decode()
