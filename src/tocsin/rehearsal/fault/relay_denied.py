"""A relay other than SES that carries mail for its own domains only."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import Say, Script


class RelayDenied(Fault):
    """A relay other than SES that carries mail for its own domains only."""

    name = "relay-denied"
    summary = "answers RCPT with 554 5.7.1 Relay access denied"
    code = "smtp.relay-denied"
    at = Step.RCPT
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """A refusal in place of the answer."""
        return [Say(b"554 5.7.1 Relay access denied\r\n")] if step is Step.RCPT else script
