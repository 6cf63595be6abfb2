"""What ends a conversation, and what keeps a message from being sent; facts as fields.

Nothing here is worded for people: `tocsin.mail.relay.fault` turns each into a fault code.
"""

from __future__ import annotations

from enum import StrEnum

from tocsin.mail.smtp.reply import Reply
from tocsin.mail.smtp.step import Step


class Side(StrEnum):
    """Who gave up."""

    RELAY = "relay"
    """It said no, or ended the connection."""
    US = "us"
    """It had not said no: we waited long enough, or would not go on with what came."""


class ConversationFailure(Exception):
    """The conversation cannot go on; `step` is whose answer was awaited.

    `reply` is the relay's no, with its code, enhanced code and text, where it gave one.
    """

    ended_by = Side.US
    reply: Reply | None = None

    def __init__(self, step: Step, words: str) -> None:
        super().__init__(f"{step}: {words}")
        self.step = step
        self.words = words


class Refused(ConversationFailure):
    """The relay answered, and the answer was no.

    `detail` is what else it said about the reason, such as the status of an access token.
    """

    ended_by = Side.RELAY
    reply: Reply

    def __init__(self, step: Step, reply: Reply, detail: str = "") -> None:
        super().__init__(step, f"{reply} ({detail})" if detail else str(reply))
        self.reply = reply
        self.detail = detail


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
    """The relay offers none of the mechanisms that may be used; `chosen` is the setting."""

    def __init__(self, offered: tuple[str, ...], chosen: str = "auto") -> None:
        super().__init__(
            Step.AUTH, f"no common mechanism: {chosen} is chosen, offered is {' '.join(offered)}"
        )
        self.offered = offered
        self.chosen = chosen


class UnfitLogin(ConversationFailure):
    """User or password hold what the mechanism cannot carry; nothing of them was sent."""

    def __init__(self, words: str) -> None:
        super().__init__(Step.AUTH, words)


class RelayUnproven(ConversationFailure):
    """The relay's part of a SCRAM sign-in is not what one who knows the password would say."""

    def __init__(self, words: str) -> None:
        super().__init__(Step.AUTH, words)


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
        self.ended_by = Side.US if how == "dropped by us" else Side.RELAY


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


class UnknownNotice(Unsendable):
    """The envelope asks for notices that RFC 3461 does not know, or not together."""

    def __init__(self, notify: tuple[str, ...]) -> None:
        super().__init__(f"{' '.join(notify)[:100]!a} is no choice of notices")
        self.notify = notify


class UnsafeContent(Unsendable):
    """A bare CR or LF, a NUL, or a line longer than 998 bytes (RFC 5321, 5322)."""


class NotOffered(Unsendable):
    """The message needs an extension that the relay does not offer."""

    def __init__(self, extension: str, address: str | None = None) -> None:
        super().__init__(f"the message needs {extension}, which the relay does not offer")
        self.extension = extension
        self.address = address
