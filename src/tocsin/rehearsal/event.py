"""What a conversation wants done."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.submission import Submission


class Then(Enum):
    """What follows an answer."""

    GO_ON = "go on"
    SECURE = "secure"
    """The TLS handshake; `Conversation.secured` is called after it."""
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole reply for the wire; `step` is what it answers, None for odd commands."""

    step: Step | None
    text: bytes
    then: Then = Then.GO_ON


@dataclass(frozen=True, slots=True)
class Submitted:
    """A message has ended; `Conversation.settle` takes the reply to it."""

    submission: Submission


Event = Answer | Submitted
