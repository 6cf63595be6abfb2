"""A relay that does not want this machine."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import End, Say, Script


class GreetingRefused(Fault):
    """A relay that does not want this machine."""

    name = "greeting-refused"
    summary = "greets with 554 and hangs up"
    code = "smtp.greeting-refused"
    at = Step.GREETING
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """A refusal in place of the greeting."""
        return (
            [Say(b"554 5.7.1 Service unavailable; client host blocked\r\n"), End.CLOSE]
            if step is Step.GREETING
            else script
        )
