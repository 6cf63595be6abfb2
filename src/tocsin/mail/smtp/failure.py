"""What ends a conversation, and what keeps a message from being sent; facts as fields.

Nothing here is worded for people: `tocsin.mail.relay.fault` turns each into a fault code.
"""

from __future__ import annotations

from tocsin.mail.smtp.reply import Reply
from tocsin.mail.smtp.step import Step


class ConversationFailure(Exception):
    """The conversation cannot go on; `step` is whose answer was awaited."""

    def __init__(self, step: Step, words: str) -> None:
        super().__init__(f"{step}: {words}")
        self.step = step
        self.words = words


class Refused(ConversationFailure):
    """The relay answered, and the answer was no."""

    def __init__(self, step: Step, reply: Reply) -> None:
        super().__init__(step, str(reply))
        self.reply = reply


class NotSmtp(ConversationFailure):
    """What came was no SMTP reply, or one that makes no sense here; `received` is its beginning."""

    def __init__(self, step: Step, words: str, received: bytes) -> None:
        super().__init__(step, words)
        self.received = received


def refusal(step: Step, reply: Reply) -> ConversationFailure:
    """What a reply means that is not the one the step needs."""
    if reply.code >= 400:  # noqa: PLR2004 -- 4yz and 5yz say no (RFC 5321 section 4.2.1)
        return Refused(step, reply)
    return NotSmtp(step, "the reply makes no sense here", reply.shown.encode()[:200])


class Masked(ConversationFailure):
    """A device in between rewrites the conversation; `received` shows it."""

    def __init__(self, step: Step, received: str) -> None:
        super().__init__(step, "the conversation is rewritten on the way")
        self.received = received


class StartTlsMissing(ConversationFailure):
    """The relay does not offer STARTTLS."""

    def __init__(self, offered: tuple[str, ...]) -> None:
        super().__init__(Step.EHLO, "STARTTLS is not offered")
        self.offered = offered


class StartTlsInjection(ConversationFailure):
    """Bytes came in the clear after the answer to STARTTLS (RFC 3207 section 6)."""

    def __init__(self, received: bytes) -> None:
        super().__init__(Step.STARTTLS, "bytes in the clear follow the answer to STARTTLS")
        self.received = received[:200]


class AuthNotOffered(ConversationFailure):
    """A sign-in is configured and the relay offers none."""

    def __init__(self) -> None:
        super().__init__(Step.AUTH, "AUTH is not offered")


class NoMechanism(ConversationFailure):
    """The relay offers only mechanisms that are not spoken here."""

    def __init__(self, offered: tuple[str, ...]) -> None:
        super().__init__(Step.AUTH, "no common mechanism")
        self.offered = offered


class Unanswered(ConversationFailure):
    """The step was not done within its time, in seconds; we gave up."""

    def __init__(self, step: Step, seconds: float) -> None:
        super().__init__(step, f"not done within {seconds:g} s")
        self.seconds = seconds


class Closed(ConversationFailure):
    """The connection ended; `how` is ``closed`` (end of file), ``reset`` or ``dropped by us``."""

    def __init__(self, step: Step, how: str) -> None:
        super().__init__(step, f"connection {how}")
        self.how = how


class Unsendable(Exception):
    """The message must not go on the wire as it is; nothing of it was sent."""


class UnsafePath(Unsendable):
    """An address that would break the command that carries it."""

    def __init__(self, address: str) -> None:
        super().__init__(f"the address {address[:100]!a} cannot be sent")
        self.address = address


class NoRecipients(Unsendable):
    """The envelope names nobody."""


class TooLarge(Unsendable):
    """The message is larger than the relay says it takes (RFC 1870); sizes in bytes."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"{size} bytes, the relay takes {limit}")
        self.size = size
        self.limit = limit


class UnsafeContent(Unsendable):
    """A bare CR or LF, a NUL, or a line longer than 998 bytes (RFC 5321, 5322)."""


class NotOffered(Unsendable):
    """The message needs an extension that the relay does not offer."""

    def __init__(self, extension: str, address: str | None = None) -> None:
        super().__init__(f"the message needs {extension}, which the relay does not offer")
        self.extension = extension
        self.address = address
