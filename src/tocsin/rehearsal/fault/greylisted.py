"""A relay other than SES that puts strangers off."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import Say, Script


class Greylisted(Fault):
    """A relay other than SES that puts strangers off."""

    name = "greylisted"
    summary = "answers RCPT with 450 4.2.0 Greylisted"
    code = "smtp.greylisted"
    at = Step.RCPT
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """Put off in place of the answer."""
        return (
            [Say(b"450 4.2.0 Greylisted, try again in 300 seconds\r\n")]
            if step is Step.RCPT
            else script
        )
