"""A relay that takes no such form of address."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import Say, Script


class AddressSyntax(Fault):
    """A relay that takes no such form of address."""

    name = "address-syntax"
    summary = "answers RCPT with 501 5.1.3 Bad recipient address syntax"
    code = "smtp.address-syntax"
    at = Step.RCPT
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """A refusal in place of the answer."""
        return [Say(b"501 5.1.3 Bad recipient address syntax\r\n")] if step is Step.RCPT else script
