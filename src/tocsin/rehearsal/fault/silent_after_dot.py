"""A relay that takes the message and hangs."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import End, Script


class SilentAfterDot(Fault):
    """A relay that takes the message and hangs."""

    name = "silent-after-dot"
    summary = "takes the mail and never says so"
    code = "smtp.outcome-unknown"
    at = Step.BODY
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """The mail is in the inbox; its 250 is never said."""
        return [End.SILENCE] if step is Step.BODY else script
