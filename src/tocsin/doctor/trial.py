"""The envelope alone: MAIL and RCPT as the sender would say them, then RSET; never DATA."""

from __future__ import annotations

from collections.abc import Generator

from tocsin.domain.delivery import Exchange
from tocsin.mail.smtp.capability import Capabilities
from tocsin.mail.smtp.command import mail_command, needs_utf8, rcpt_command
from tocsin.mail.smtp.failure import ConversationFailure, NotSmtp, Refused, Unsendable
from tocsin.mail.smtp.reply import MalformedReply, Reply, ReplyReader
from tocsin.mail.smtp.step import Step

_ERROR, _CLOSING, _BAD_SEQUENCE = 400, 421, 503


class Trial:
    """Asks whether the relay takes the sender and each recipient, one command at a time.

    A refused sender does not end it: some relays judge the recipients all the same. It is
    over when `done`; `failure` says why it could not go on.
    """

    def __init__(
        self,
        sender: str,
        recipients: tuple[str, ...],
        capabilities: Capabilities,
        reader: ReplyReader,
    ) -> None:
        self._sender = sender
        self._recipients = recipients
        self._capabilities = capabilities
        self._reader = reader
        self.transcript: list[Exchange] = []
        """What was said and heard; RSET is left out."""
        self._out = b""
        self._said = ""
        self.done = False
        self.heard = 0
        self.failure: ConversationFailure | None = None
        self.problem: Unsendable | None = None
        """Why the envelope cannot be sent to this relay at all."""
        self.mail: Reply | None = None
        self.replies: dict[str, Reply] = {}
        """The answer for each recipient that was asked about and could be judged."""
        self.step = Step.MAIL
        self._talk = self._ask_all()
        self._advance(None)

    def outgoing(self) -> bytes:
        """What to put on the wire now."""
        data, self._out = self._out, b""
        return data

    def receive(self, data: bytes, at: float, /) -> None:
        """Take bytes of the relay; `at` is seconds since the connection began."""
        if self.done:
            return
        self._reader.feed(data)
        try:
            while not self.done and (reply := self._reader.next()) is not None:
                self.heard += 1
                self._note(at, reply.shown)
                if reply.code == _CLOSING:
                    self._fail(Refused(self.step, reply))
                    return
                self._advance(reply)
        except MalformedReply as trouble:
            self.lost(NotSmtp(self.step, str(trouble), trouble.received), at)

    def lost(self, failure: ConversationFailure, at: float, /) -> None:
        """The connection ended or a step took too long."""
        if self.done:
            return
        self._note(at, f"({failure.words})")
        if self.step is Step.RSET:
            self.done = True  # everything was asked
        else:
            self._fail(failure)

    def _fail(self, failure: ConversationFailure) -> None:
        self.failure, self.done, self._out = failure, True, b""

    def _note(self, at: float, received: str) -> None:
        if self.step is not Step.RSET:
            self.transcript.append(Exchange(round(at, 6), self.step.value, self._said, received))

    def _advance(self, reply: Reply | None) -> None:
        try:
            self.step = next(self._talk) if reply is None else self._talk.send(reply)
        except StopIteration:
            self.done = True

    def _say(self, step: Step, command: str) -> Generator[Step, Reply, Reply]:
        self._out, self._said = f"{command}\r\n".encode(), command
        return (yield step)

    def _ask_all(self) -> Generator[Step, Reply, None]:
        try:
            utf8 = needs_utf8(self._sender, self._recipients, b"", self._capabilities)
            command = mail_command(self._sender, b"", self._capabilities, utf8=utf8)
            asked = [(one, rcpt_command(one)) for one in self._recipients]
        except Unsendable as problem:
            self.problem = problem
            return
        # The size of a message that is not there is not said.
        self.mail = yield from self._say(Step.MAIL, command.replace(" SIZE=0", ""))
        for recipient, line in asked:
            reply = yield from self._say(Step.RCPT, line)
            if not (self.mail.code >= _ERROR and reply.code == _BAD_SEQUENCE):
                self.replies[recipient] = reply
        yield from self._say(Step.RSET, "RSET")
