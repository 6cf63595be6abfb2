"""The server's side of the SMTP conversation, as SES leads it: octets in, events out.

Neither sockets nor clock. What SES says is in `words`; the order of its checks follows
transcripts and, where none is public, the library that its replies come from.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal import words
from tocsin.rehearsal.account import SignIn
from tocsin.rehearsal.content import Content
from tocsin.rehearsal.event import Answer, Event, Submitted, Then
from tocsin.rehearsal.line import BrokenLine, LongLine, take_line
from tocsin.rehearsal.mailbox import is_address
from tocsin.rehearsal.scram import ScramServer
from tocsin.rehearsal.signin import SignInDialogue
from tocsin.rehearsal.submission import Submission

MOST_COLLECTED = 1000
"""Recipients that RCPT takes for one message; SES refuses 51 only at the end of DATA."""

_BEFORE_TLS = frozenset(("EHLO", "NOOP", "QUIT", "STARTTLS"))
_BEFORE_AUTH = _BEFORE_TLS | {"HELO", "AUTH", "RSET"}
_STEPS = {
    "AUTH": Step.AUTH,
    "RSET": Step.RSET,
    "MAIL": Step.MAIL,
    "RCPT": Step.RCPT,
    "DATA": Step.DATA,
    "HELO": Step.EHLO,
}
_SHORTEST_COMMAND = 4
_PARAMETERS = re.compile(r"(?:\s+(?:(?:SIZE|BODY|AUTH|RET|ENVID)=\S*|SMTPUTF8))+$", re.IGNORECASE)
_PATH = re.compile(r'<((?:"(?:[^"\\]|\\.)*"|[^">])*)>')


@dataclass(frozen=True, slots=True)
class Manner:
    """How one listener speaks."""

    wrapper: bool = False
    """TLS from the first octet (ports 465 and 2465): STARTTLS is neither listed nor taken."""
    offers_starttls: bool = True
    greets_again: bool = True
    """EHLO is taken once more after STARTTLS."""
    mechanisms: tuple[str, ...] = ("PLAIN", "LOGIN")
    most_octets: int = 40 * 1024 * 1024
    most_messages: int | None = None


class Conversation:
    """One connection's conversation.

    `begin` gives the greeting. `receive` takes octets and gives events; while it waits
    for `secured` (after `Then.SECURE`) what comes in the clear is dropped (RFC 3207
    section 6), while it waits for `settle` it is kept. After `Then.CLOSE` nothing counts.
    """

    def __init__(
        self,
        manner: Manner,
        sign_in: Callable[[str, str], SignIn],
        *,
        greeting: bytes,
        make_scram: Callable[[], ScramServer] | None = None,
    ) -> None:
        self._manner = manner
        self._greeting = greeting
        self._secure = manner.wrapper
        self._securing = False
        self._settling = False
        self._closed = False
        self._messages = 0
        self._buffer = bytearray()
        self._content: Content | None = None
        self._sender: str | None = None
        self._recipients: list[str] = []
        self._sign_in = SignInDialogue(manner.mechanisms, sign_in, make_scram)
        self._commands: dict[str, Callable[[str], Answer]] = {
            "EHLO": self._ehlo,
            "HELO": self._helo,
            "NOOP": lambda _: Answer(None, words.OK),
            "QUIT": lambda _: Answer(Step.QUIT, words.BYE, Then.CLOSE),
            "STARTTLS": self._starttls,
            "AUTH": lambda argument: Answer(Step.AUTH, self._sign_in.begin(argument)),
            "RSET": self._rset,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "VRFY": lambda _: Answer(None, words.VRFY_DISABLED),
            "EXPN": lambda _: Answer(None, words.EXPN_DISABLED),
            "HELP": lambda _: Answer(None, words.HELP),
        }

    def begin(self) -> Answer:
        """The greeting; with a wrapper it goes out once TLS stands."""
        return Answer(Step.GREETING, self._greeting)

    def receive(self, data: bytes) -> list[Event]:
        """Take octets of the client."""
        if self._securing or self._closed:
            return []
        self._buffer += data
        return self._go_on()

    def secured(self) -> None:
        """The handshake is done. What the client said before is forgotten (RFC 3207 4.2)."""
        self._secure = True
        self._securing = False
        self._forget()

    def retract(self, step: Step | None) -> None:
        """The answer to a command was a refusal after all: what it had brought about is undone.

        Faults change answers; the client goes by what it was told, and so must we.
        """
        match step:
            case Step.STARTTLS:
                self._securing = False
            case Step.AUTH:
                self._sign_in.retract()
            case Step.MAIL:
                self._sender = None
            case Step.RCPT:
                del self._recipients[-1:]
            case Step.DATA:
                self._content = None

    def settle(self, reply: bytes) -> list[Event]:
        """The reply to the message that was submitted; what came meanwhile goes on."""
        self._settling = False
        return [Answer(Step.BODY, reply), *self._go_on()]

    def idle(self) -> list[Event]:
        """The client has been silent for too long."""
        if self._closed:
            return []
        self._closed = True
        return [Answer(None, words.IDLE, Then.CLOSE)]

    # ------------------------------------------------------------------ reading

    def _go_on(self) -> list[Event]:
        events: list[Event] = []
        while self._buffer and not (self._securing or self._settling or self._closed):
            event = self._take_content() if self._content else self._take_line()
            if event is None:
                break
            events.append(event)
            if isinstance(event, Answer) and event.then is not Then.GO_ON:
                self._securing = event.then is Then.SECURE
                self._closed = event.then is Then.CLOSE
                self._buffer.clear()
        return events

    def _take_line(self) -> Answer | None:
        try:
            line = take_line(self._buffer)
        except BrokenLine as broken:
            return Answer(None, words.bare_line_end(broken.position), Then.CLOSE)
        except LongLine:
            return Answer(None, words.LINE_TOO_LONG, Then.CLOSE)
        if line is None:
            return None
        text = line.decode("utf-8", "replace")
        if self._sign_in.awaits:
            return Answer(Step.AUTH, self._sign_in.respond(text))
        return self._take_command(text.strip())

    def _take_command(self, line: str) -> Answer:
        if len(line) < _SHORTEST_COMMAND:
            return Answer(None, words.BAD_SYNTAX)
        verb, _, argument = line.partition(" ")
        verb = verb.upper()
        command = self._commands.get(verb)
        if command is None:
            return Answer(None, words.UNKNOWN_COMMAND)
        if not self._secure and verb not in _BEFORE_TLS:
            return Answer(_STEPS.get(verb), words.NEED_TLS)
        if not self._sign_in.user and verb not in _BEFORE_AUTH:
            return Answer(_STEPS.get(verb), words.NEED_AUTH)
        return command(argument.strip())

    def _take_content(self) -> Submitted | None:
        assert self._content is not None
        if not self._content.take(self._buffer):
            return None
        content, size = self._content.finish()
        submission = Submission(
            sender=self._sender or "",
            recipients=tuple(self._recipients),
            content=content,
            size=size,
            user=self._sign_in.user,
            outdated_password=self._sign_in.outdated_password,
        )
        self._content = None
        self._messages += 1
        self._settling = True
        self._forget()
        return Submitted(submission)

    def _forget(self) -> None:
        self._sender = None
        self._recipients = []
        self._sign_in.forget()

    # ------------------------------------------------------------------ commands

    def _ehlo(self, argument: str) -> Answer:
        if not argument:
            return Answer(Step.EHLO, words.EHLO_SYNTAX)
        if self._secure and not self._manner.wrapper and not self._manner.greets_again:
            return Answer(Step.EHLO, words.GREETED_ALREADY)
        self._forget()
        starttls = self._manner.offers_starttls and not self._manner.wrapper
        text = words.capabilities(starttls=starttls, mechanisms=self._manner.mechanisms)
        return Answer(Step.EHLO, text)

    def _helo(self, argument: str) -> Answer:
        if not argument:
            return Answer(Step.EHLO, words.HELO_SYNTAX)
        self._forget()
        return Answer(Step.EHLO, words.HELO)

    def _starttls(self, argument: str) -> Answer:
        if argument:
            return Answer(Step.STARTTLS, words.NO_PARAMETERS)
        if self._manner.wrapper or not self._manner.offers_starttls:
            return Answer(Step.STARTTLS, words.TLS_UNSUPPORTED)
        if self._secure:
            return Answer(Step.STARTTLS, words.TLS_ACTIVE)
        return Answer(Step.STARTTLS, words.START_TLS, Then.SECURE)

    def _rset(self, _: str) -> Answer:
        self._forget()
        return Answer(Step.RSET, words.OK)

    def _mail(self, argument: str) -> Answer:
        most = self._manner.most_messages
        if most is not None and self._messages >= most:
            return Answer(Step.MAIL, words.TOO_MANY_MESSAGES, Then.CLOSE)
        if self._sender is not None:
            return Answer(Step.MAIL, words.SENDER_SPECIFIED)
        if argument[:5].upper() != "FROM:":
            return Answer(Step.MAIL, words.MAIL_SYNTAX)
        address = _read_path(argument[5:])
        if not is_address(address):
            return Answer(Step.MAIL, _refuse_sender(address))
        self._sender = address
        return Answer(Step.MAIL, words.OK)

    def _rcpt(self, argument: str) -> Answer:
        if self._sender is None:
            return Answer(Step.RCPT, words.NEED_MAIL)
        if len(self._recipients) >= MOST_COLLECTED:
            return Answer(Step.RCPT, words.TOO_MANY_RECIPIENTS)
        if argument[:3].upper() != "TO:":
            return Answer(Step.RCPT, words.recipient_syntax(argument))
        address = _read_path(argument[3:])
        if not is_address(address):
            return Answer(Step.RCPT, words.invalid_recipient(address))
        self._recipients.append(address)
        return Answer(Step.RCPT, words.OK)

    def _data(self, argument: str) -> Answer:
        if argument:
            return Answer(Step.DATA, words.NO_PARAMETERS)
        if self._sender is None:
            return Answer(Step.DATA, words.NEED_MAIL)
        if not self._recipients:
            return Answer(Step.DATA, words.NEED_RCPT)
        self._content = Content(self._manner.most_octets)
        return Answer(Step.DATA, words.START_DATA)


def _read_path(argument: str) -> str:
    """The address of a MAIL or RCPT, with angle brackets or, as SES takes it, without."""
    argument = argument.strip()
    bracketed = _PATH.match(argument)
    if bracketed is not None:
        return bracketed[1]
    return _PARAMETERS.sub("", argument)


def _refuse_sender(address: str) -> bytes:
    """No mail domain in it (``<>``, a user name, ``root@localhost``) is told from garbage."""
    local, at, domain = address.rpartition("@")
    if not at or (local and "." not in domain):
        return words.INVALID_SENDER
    return words.invalid_sender(address)
