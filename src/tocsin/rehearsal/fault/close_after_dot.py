"""A connection that breaks after the message was taken."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import End, Script


class CloseAfterDot(Fault):
    """A connection that breaks after the message was taken."""

    name = "close-after-dot"
    summary = "takes the mail and closes the connection before the 250"
    code = "smtp.outcome-unknown"
    at = Step.BODY
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """The mail is in the inbox; its 250 is never said."""
        return [End.DROP] if step is Step.BODY else script
