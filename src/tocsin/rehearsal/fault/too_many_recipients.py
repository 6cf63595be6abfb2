"""A relay that takes fewer recipients than there are."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import Say, Script


class TooManyRecipients(Fault):
    """A relay that takes fewer recipients than there are."""

    name = "too-many-recipients"
    summary = "answers RCPT with 452 4.5.3 Too many recipients"
    code = "smtp.too-many-recipients"
    at = Step.RCPT
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """A refusal in place of the answer."""
        return [Say(b"452 4.5.3 Too many recipients\r\n")] if step is Step.RCPT else script
