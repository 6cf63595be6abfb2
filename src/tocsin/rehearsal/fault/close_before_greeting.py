"""A relay, or a filter before it, that drops the connection at once."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import End, Script


class CloseBeforeGreeting(Fault):
    """A relay, or a filter before it, that drops the connection at once."""

    name = "close-before-greeting"
    summary = "closes the connection before the greeting"
    code = "smtp.closed-early"
    at = Step.GREETING
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """The end in place of the greeting."""
        return [End.DROP] if step is Step.GREETING else script
