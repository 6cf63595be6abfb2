"""One message on its way through a conversation: what was said and how it ended."""

from __future__ import annotations

from enum import StrEnum

from tocsin.domain.delivery import Exchange
from tocsin.mail.envelope import Envelope
from tocsin.mail.smtp.failure import Side, Unsendable
from tocsin.mail.smtp.reply import Reply
from tocsin.mail.smtp.step import Step


class Ending(StrEnum):
    """How a message's transaction stands."""

    WAITING = "waiting"
    UNDERWAY = "underway"
    ACCEPTED = "accepted"
    """The final dot was answered by 250."""
    REFUSED = "refused"
    """The relay said no; `refused_at` and `refusal` say where and how."""
    UNSENDABLE = "unsendable"
    """We refuse to send it; nothing of it went out."""
    BROKEN = "broken"
    """The conversation broke before the final dot was written: it was not delivered."""
    IN_DOUBT = "in doubt"
    """The final dot was written and no clear answer came: it may have been delivered."""
    UNTRIED = "untried"
    """Its turn did not come; it can be sent again with no doubt."""


class Transaction:
    """The state of one message; times are seconds since the connection began."""

    __slots__ = (
        "data",
        "dot_written",
        "ended_by",
        "ending",
        "envelope",
        "final",
        "finished",
        "lost_at",
        "lost_words",
        "mail",
        "mail_command",
        "problem",
        "rcpt_commands",
        "recipients",
        "refusal",
        "refused_at",
        "started",
        "times",
    )

    def __init__(self, envelope: Envelope) -> None:
        self.envelope = envelope
        self.ending = Ending.WAITING
        self.started = 0.0
        self.finished = 0.0
        self.mail_command = ""
        self.rcpt_commands: tuple[str, ...] = ()
        """What was said for each recipient, where it was more than the address."""
        self.mail: Reply | None = None
        self.recipients: list[Reply] = []
        """Answers to RCPT, in the order of the envelope's recipients."""
        self.data: Reply | None = None
        self.dot_written = False
        self.final: Reply | None = None
        self.refused_at: Step | None = None
        self.refusal: Reply | None = None
        self.problem: Unsendable | None = None
        self.times: list[float] = []
        """When each answer came: MAIL, each RCPT, DATA, the final one."""
        self.lost_at: Step | None = None
        self.lost_words = ""
        """The step that found no answer, and why."""
        self.ended_by: Side | None = None
        """Who gave up on it: the relay by its no or by leaving, or we; None while nobody has."""

    @property
    def any_accepted(self) -> bool:
        """MAIL was taken and at least one recipient."""
        return self.mail_taken and any(reply.code < 300 for reply in self.recipients)  # noqa: PLR2004

    @property
    def mail_taken(self) -> bool:
        """MAIL was answered by 250: the relay holds an open transaction."""
        return self.mail is not None and self.mail.code < 300  # noqa: PLR2004

    def rcpt_command(self, index: int) -> str:
        """What was or will be said for one recipient."""
        if self.rcpt_commands:
            return self.rcpt_commands[index]
        return f"RCPT TO:<{self.envelope.recipients[index]}>"

    def transcript(self) -> tuple[Exchange, ...]:
        """What was said and heard, with seconds since the message was begun; no content."""
        exchanges = []
        times = iter(self.times)
        begun = self.started
        if self.mail is not None:
            at = round(next(times) - begun, 6)
            exchanges.append(Exchange(at, "mail", self.mail_command, self.mail.shown))
        for index, reply in enumerate(self.recipients):
            at = round(next(times) - begun, 6)
            exchanges.append(Exchange(at, "rcpt", self.rcpt_command(index), reply.shown))
        if self.data is not None:
            at = round(next(times) - begun, 6)
            exchanges.append(Exchange(at, "data", "DATA", self.data.shown))
        if self.final is not None:
            at = round(next(times) - begun, 6)
            exchanges.append(Exchange(at, "body", self._content_sent(), self.final.shown))
        if self.lost_at is not None:
            at = round(self.finished - begun, 6)
            sent = self._said(self.lost_at)
            exchanges.append(Exchange(at, self.lost_at.value, sent, f"({self.lost_words})"))
        return tuple(exchanges)

    def _said(self, step: Step) -> str:
        """What was said in a step that found no answer."""
        if step is Step.MAIL:
            return self.mail_command
        if step is Step.RCPT:
            return self.rcpt_command(len(self.recipients))
        if step is Step.DATA:
            return "DATA"
        return self._content_sent()

    def _content_sent(self) -> str:
        size = f"{len(self.envelope.content):,} bytes"
        return f"{size}, final dot" if self.dot_written else f"{size}, in part"
