"""A relay other than SES that wants another sender."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import Say, Script


class SenderRefused(Fault):
    """A relay other than SES that wants another sender."""

    name = "sender-refused"
    summary = "answers MAIL with 550 5.7.1"
    code = "smtp.sender-refused"
    at = Step.MAIL
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """A refusal in place of the answer."""
        return (
            [Say(b"550 5.7.1 Sender address rejected: not owned by user\r\n")]
            if step is Step.MAIL
            else script
        )
