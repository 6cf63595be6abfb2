"""A relay other than SES that knows no such recipient."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import Say, Script


class RecipientRefused(Fault):
    """A relay other than SES that knows no such recipient."""

    name = "recipient-refused"
    summary = "answers RCPT with 550 5.1.1"
    code = "smtp.recipient-refused"
    at = Step.RCPT
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """A refusal in place of the answer."""
        return (
            [Say(b"550 5.1.1 Recipient address rejected: user unknown\r\n")]
            if step is Step.RCPT
            else script
        )
