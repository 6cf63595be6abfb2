"""Handing over a batch of messages on an opened connection.

With PIPELINING (RFC 2920) one message costs one round trip: the content of a message
and the envelope of the next one share a flight. That is lawful because DATA ends a
group of commands and the content opens the next; content never leaves before its 354.
So at most one final dot is unanswered at any time. Without PIPELINING each command
waits for its answer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from tocsin.mail.envelope import Envelope
from tocsin.mail.smtp.capability import Capabilities
from tocsin.mail.smtp.command import mail_command, needs_utf8, rcpt_command
from tocsin.mail.smtp.content import check_content, stuff
from tocsin.mail.smtp.failure import (
    Closed,
    ConversationFailure,
    NoRecipients,
    NotSmtp,
    Refused,
    Side,
    Unsendable,
    refusal,
)
from tocsin.mail.smtp.notice import mail_notice, rcpt_notice
from tocsin.mail.smtp.reply import MalformedReply, Reply, ReplyReader
from tocsin.mail.smtp.step import Step
from tocsin.mail.smtp.transaction import Ending, Transaction

CHUNK = 65_536
"""Content goes out in pieces of so many bytes; the dot is in the last one."""

_OK, _START_CONTENT, _CLOSING, _TIMED_OUT = 250, 354, 421, 451
_MORE, _ERROR = 300, 400
_NOTICES = (_CLOSING, _TIMED_OUT)


class Mailing:
    """One batch. `outgoing` gives the next piece for the wire, `receive` takes the answers.

    The driver asks for a piece only when everything before it has left its hands: a
    message counts as possibly delivered from the moment the piece with its dot is given out.
    It is over when `done`; each transaction has then an ending, and `failure` says
    why the connection must not be used again, if so.

    Args:
        carried: messages that this connection has carried before. On such a connection
            421 or 451 as the first answer is an old notice of idleness, not an answer.
        halts: whether the refusal of this message makes it pointless to go on with the rest.
    """

    def __init__(
        self,
        envelopes: Iterable[Envelope],
        capabilities: Capabilities,
        reader: ReplyReader,
        *,
        carried: int = 0,
        halts: Callable[[Transaction], bool] = lambda _refused: False,
    ) -> None:
        self.transactions = tuple(Transaction(envelope) for envelope in envelopes)
        self.carried = carried
        self.done = False
        self.heard = 0
        """Answers taken so far."""
        self.failure: ConversationFailure | None = None
        self.halted_by: Refused | None = None
        """The refusal after which nothing more of the batch was begun."""
        self._capabilities = capabilities
        self._pipelining = capabilities.pipelining
        self._reader = reader
        self._halts = halts
        self._waiting = deque(self.transactions)
        self._current: Transaction | None = None  # its envelope is on the way
        self._expected: deque[tuple[Step, Transaction | None]] = deque()
        self._commands: list[bytes] = []
        self._content = memoryview(b"")  # large content before its last piece
        self._forgone: Transaction | None = None  # its envelope went out in vain
        self._dot: Transaction | None = None  # its dot is in the commands not given out yet
        self._settled: list[Transaction] = []
        self.turn = 0.0
        """Since when the message at hand is the one that is answered."""

    @property
    def step(self) -> Step:
        """Whose answer is awaited."""
        return self._expected[0][0] if self._expected else Step.MAIL

    @property
    def sending(self) -> bool:
        """Content is still on its way out; its answer is not due yet."""
        return self._dot is not None

    def begin(self, at: float) -> list[Transaction]:
        """Make the first flight; `at` is seconds since the connection began.

        Returns the transactions that ended at once, because they cannot be sent.
        """
        self.turn = at
        try:
            self._proceed(at)
        except (ConversationFailure, MalformedReply) as trouble:
            self._break(_as_failure(trouble, self.step), at)
        return self._give_settled()

    def outgoing(self) -> bytes:
        """The next piece for the wire; empty when an answer has to come first."""
        if self._content:
            piece, self._content = self._content[:CHUNK], self._content[CHUNK:]
            return bytes(piece)
        if not self._commands:
            return b""
        data = self._commands[0] if len(self._commands) == 1 else b"".join(self._commands)
        self._commands.clear()
        if self._dot is not None:
            self._dot.dot_written = True
            self._dot = None
        return data

    def receive(self, data: bytes, at: float) -> list[Transaction]:
        """Take bytes of the server; returns the transactions that ended by them.

        What `begin`, `receive` and `lost` return, taken together, is every transaction
        once, each as soon as it has its ending.
        """
        if self.failure is not None:
            return []
        reader = self._reader
        reader.feed(data)
        try:
            while not self.done and (reply := reader.next()) is not None:
                self._answer(reply, at)
                if self._forgone is not None:
                    raise Closed(Step.MAIL, "dropped by us")
                if not self._expected and not self.done:
                    self._proceed(at)
            if self.done and self.failure is None and reader.unread:
                self.failure = self._unasked()
        except (ConversationFailure, MalformedReply) as trouble:
            self._break(_as_failure(trouble, self.step), at)
        return self._give_settled()

    def lost(self, failure: ConversationFailure, at: float) -> list[Transaction]:
        """The driver cannot go on: the connection ended or a step took too long."""
        if not self.done:
            self._break(failure, at)
        return self._give_settled()

    def forgo(self, at: float) -> list[Transaction]:
        """Wait for the answer to the message at hand alone: returns the others, as untried.

        That includes one whose envelope is on the way already, since nothing is delivered
        without its dot. The conversation is over with the answer then.
        """
        current = self._current
        if current is not None and self._expected[0][1] is not current:
            self._settle(current, Ending.UNTRIED, at)
            self._forgone, self._current = current, None
        self._give_up_waiting(at)
        return self._give_settled()

    # ------------------------------------------------------------------ answers

    def _answer(self, reply: Reply, at: float) -> None:
        code = reply.code
        if code in _NOTICES and self._is_notice(code):
            raise Refused(self.step, reply)
        self.heard += 1
        step, transaction = self._expected.popleft()
        if transaction is None:
            if step is Step.RSET and code != _OK:
                raise refusal(step, reply)
        else:
            self._take(step, transaction, reply, at)
        if code == _CLOSING:
            raise Refused(step, reply)

    def _is_notice(self, code: int) -> bool:
        """The relay takes leave of a used connection; it does not speak of this message.

        Idle for too long (Amazon SES: 451 4.4.2, about 10 s), or enough messages on this
        connection (421 in answer to MAIL).
        """
        if self.step is not Step.MAIL or not self.carried:
            return False
        return code == _CLOSING or self.heard == 0

    def _take(self, step: Step, transaction: Transaction, reply: Reply, at: float) -> None:
        transaction.times.append(at)
        if step is Step.RCPT:
            transaction.recipients.append(reply)
        elif step is Step.DATA:
            transaction.data = reply
        elif step is Step.MAIL:
            transaction.mail = reply
        else:
            transaction.final = reply
            self._take_final(transaction, reply, at)
            return
        wanted = reply.code == _START_CONTENT if step is Step.DATA else reply.code < _MORE
        if not wanted and reply.code < _ERROR:
            # Answers and questions are out of step: nothing may rest on what follows.
            raise refusal(step, reply)

    def _take_final(self, transaction: Transaction, reply: Reply, at: float) -> None:
        if reply.code >= _ERROR:
            self._refuse(transaction, Step.BODY, reply, at)
            if not transaction.dot_written:
                # A no before the content has ended is a no, but the conversation is over.
                raise Refused(Step.BODY, reply)
        elif reply.code == _OK and transaction.dot_written:
            self.carried += 1
            self._settle(transaction, Ending.ACCEPTED, at)
        else:
            # Neither yes nor no; or a yes to what has not ended, which proves nothing.
            raise refusal(Step.BODY, reply)

    # ------------------------------------------------------------------ questions

    def _proceed(self, at: float) -> None:
        """Put together the next flight. Nothing is awaited now."""
        if self._reader.unread:
            raise self._unasked()
        current = self._current
        if current is not None and not self._ask_on(current):
            self._close_envelope(current, at)
            self._current = current = None
        if current is None and (self._pipelining or not self._expected):
            self._launch(at)
        self.done = not self._expected

    def _launch(self, at: float) -> None:
        """Begin the next message that can be sent."""
        while self._waiting:
            transaction = self._waiting.popleft()
            transaction.started = at
            try:
                commands = self._envelope_commands(transaction)
            except Unsendable as problem:
                transaction.problem = problem
                transaction.ended_by = Side.US
                self._settle(transaction, Ending.UNSENDABLE, at)
                continue
            transaction.ending = Ending.UNDERWAY
            self._current = transaction
            if self._pipelining:
                self._commands.append(commands)
                self._expected.append((Step.MAIL, transaction))
                for _ in transaction.envelope.recipients:
                    self._expected.append((Step.RCPT, transaction))
                self._expected.append((Step.DATA, transaction))
            else:
                self._ask(Step.MAIL, transaction.mail_command, transaction)
            return

    def _envelope_commands(self, transaction: Transaction) -> bytes:
        """The whole envelope as commands, after seeing that the message can be sent."""
        envelope = transaction.envelope
        if not envelope.recipients:
            raise NoRecipients
        content = envelope.content
        check_content(content)
        utf8 = needs_utf8(envelope.sender, envelope.recipients, content, self._capabilities)
        transaction.mail_command = mail_command(
            envelope.sender, content, self._capabilities, utf8=utf8
        )
        if envelope.notify and self._capabilities.dsn:
            transaction.mail_command += mail_notice(envelope.id)
            transaction.rcpt_commands = tuple(
                rcpt_command(each) + rcpt_notice(each, envelope.notify)
                for each in envelope.recipients
            )
            recipients = "\r\n".join(transaction.rcpt_commands)
        else:
            recipients = "\r\n".join(map(rcpt_command, envelope.recipients))
        return f"{transaction.mail_command}\r\n{recipients}\r\nDATA\r\n".encode()

    def _ask_on(self, transaction: Transaction) -> bool:
        """Without PIPELINING: send the next command of the envelope, if there is one."""
        if self._pipelining or transaction.data is not None or not transaction.mail_taken:
            return False
        recipients = transaction.envelope.recipients
        asked = len(transaction.recipients)
        if asked < len(recipients):
            self._ask(Step.RCPT, transaction.rcpt_command(asked), transaction)
        elif transaction.any_accepted:
            self._ask(Step.DATA, "DATA", transaction)
        else:
            return False
        return True

    def _ask(self, step: Step, command: str, transaction: Transaction | None) -> None:
        self._commands.append(f"{command}\r\n".encode())
        self._expected.append((step, transaction))

    def _close_envelope(self, transaction: Transaction, at: float) -> None:
        """Every command of the envelope is answered: send the content, or clean up."""
        granted = transaction.data is not None and transaction.data.code == _START_CONTENT
        if granted and transaction.any_accepted:
            self._send_content(transaction)
            return
        self._refuse_envelope(transaction, at)
        if granted:
            # RFC 2920 section 3.1: a 354 although nobody was accepted; end it with nothing.
            self._commands.append(b".\r\n")
            self._expected.append((Step.BODY, None))
        elif transaction.mail_taken:
            self._ask(Step.RSET, "RSET", None)

    def _send_content(self, transaction: Transaction) -> None:
        wire = stuff(transaction.envelope.content)
        if len(wire) > CHUNK:
            tail = len(wire) - CHUNK
            self._content, wire = memoryview(wire)[:tail], wire[tail:]
        self._commands.append(wire)
        self._dot = transaction
        self._expected.append((Step.BODY, transaction))

    # ------------------------------------------------------------------ endings

    def _refuse_envelope(self, transaction: Transaction, at: float) -> None:
        """Say what a whole envelope was refused for: MAIL, else the recipients, else DATA."""
        refused = [reply for reply in transaction.recipients if reply.code >= _ERROR]
        if transaction.mail is not None and not transaction.mail_taken:
            self._refuse(transaction, Step.MAIL, transaction.mail, at)
        elif refused and not transaction.any_accepted:
            # Worth another try as long as one of them may be taken later.
            reply = min(refused, key=lambda each: each.code // 100)
            self._refuse(transaction, Step.RCPT, reply, at)
        else:
            assert transaction.data is not None
            self._refuse(transaction, Step.DATA, transaction.data, at)

    def _refuse(self, transaction: Transaction, step: Step, reply: Reply, at: float) -> None:
        self.carried += 1
        transaction.refused_at, transaction.refusal = step, reply
        transaction.ended_by = Side.RELAY
        self._settle(transaction, Ending.REFUSED, at)
        if self._waiting and self._halts(transaction):
            self.halted_by = Refused(step, reply)
            self._give_up_waiting(at)

    def _give_up_waiting(self, at: float) -> None:
        while self._waiting:
            self._settle(self._waiting.popleft(), Ending.UNTRIED, at)

    def _settle(self, transaction: Transaction, ending: Ending, at: float) -> None:
        transaction.ending = ending
        transaction.finished = self.turn = at
        self._settled.append(transaction)

    def _give_settled(self) -> list[Transaction]:
        settled, self._settled = self._settled, []
        return settled

    def _unasked(self) -> ConversationFailure:
        """Something came that nobody asked for: a notice of leave, or nonsense."""
        unread = self._reader.unread
        reply = self._reader.next()
        if reply is not None and reply.code in (_CLOSING, _TIMED_OUT):
            return Refused(Step.MAIL, reply)
        return NotSmtp(Step.MAIL, "more came than was asked for", self._reader.quote(unread))

    def _break(self, failure: ConversationFailure, at: float) -> None:
        """End the batch here; what is open gets the ending that the wire justifies."""
        self.failure = failure
        self.done = True
        self._commands.clear()
        self._content = memoryview(b"")
        self._dot = None
        doubted = False
        for transaction in self.transactions:
            if transaction.ending is not Ending.UNDERWAY:
                continue
            if transaction.dot_written:
                doubted = True
                self._abandon(transaction, Ending.IN_DOUBT, failure, at)
            elif doubted or (transaction.mail is None and self.carried):
                # The connection had served its time; this message was not begun in earnest.
                self._settle(transaction, Ending.UNTRIED, at)
            elif isinstance(failure, Refused):
                transaction.refused_at, transaction.refusal = failure.step, failure.reply
                transaction.ended_by = Side.RELAY
                self._settle(transaction, Ending.REFUSED, at)
            else:
                self._abandon(transaction, Ending.BROKEN, failure, at)
        self._give_up_waiting(at)

    def _abandon(
        self, transaction: Transaction, ending: Ending, failure: ConversationFailure, at: float
    ) -> None:
        """End a message in the middle; its transcript says what was awaited."""
        transaction.ended_by = failure.ended_by
        if self._expected and self._expected[0][1] is transaction:
            transaction.lost_at, transaction.lost_words = self._expected[0][0], failure.words
        self._settle(transaction, ending, at)


def _as_failure(trouble: ConversationFailure | MalformedReply, step: Step) -> ConversationFailure:
    if isinstance(trouble, MalformedReply):
        return NotSmtp(step, str(trouble), trouble.received)
    return trouble
