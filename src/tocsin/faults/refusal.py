"""A relay's refusal as it came: what is known when its meaning is looked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.faults.fault import Finding

_PERMANENT = 500


@dataclass(frozen=True, slots=True)
class Refusal:
    """An SMTP error reply, and the message that it was given to.

    `words` is the text on one line; `code` is 0 where a text quotes the words alone.
    `sender` and `recipients` are the envelope's, when there is one.
    """

    stage: str
    code: int
    enhanced: str
    words: str
    sender: str | None
    recipients: tuple[str, ...]

    @property
    def lasting(self) -> bool:
        """Whether it is a 5yz (RFC 5321 section 4.2.1)."""
        return self.code >= _PERMANENT

    @property
    def detail(self) -> str:
        """Subject and detail of the enhanced status code, such as ``7.1`` (RFC 3463)."""
        return self.enhanced.partition(".")[2]

    @property
    def reply(self) -> str:
        """The reply on one line, for sentences: without the full stop at its end."""
        said = self.words.removeprefix(self.enhanced).lstrip() if self.enhanced else self.words
        code = str(self.code) if self.code else ""
        return " ".join(one for one in (code, self.enhanced, said) if one).rstrip(". ")

    def finding(self, fault: str, facts: Mapping[str, str] | None = None) -> Finding:
        """The fault, with the reply, the stage and what else was drawn out of it."""
        return Finding(fault, {"reply": self.reply, "stage": self.stage, **(facts or {})})

    def about(self, recipients: tuple[str, ...]) -> dict[str, str]:
        """The facts that name these recipients as the refused ones."""
        if not recipients:
            return {}
        return {"recipient": recipients[0], "recipients": ", ".join(recipients)}
