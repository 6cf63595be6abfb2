"""A relay that has lost the recipients on the way."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import Say, Script


class NoRecipients(Fault):
    """A relay that has lost the recipients on the way."""

    name = "no-recipients"
    summary = "answers DATA with 554 5.5.1 Error: no valid recipients"
    code = "smtp.no-recipients"
    at = Step.DATA
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """A refusal in place of the answer."""
        return [Say(b"554 5.5.1 Error: no valid recipients\r\n")] if step is Step.DATA else script
