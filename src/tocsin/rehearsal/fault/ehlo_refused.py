"""A relay that does not like how we call ourselves."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import Say, Script

_REFUSAL = b"550 5.7.1 Helo command rejected: host not found\r\n"


class EhloRefused(Fault):
    """A relay that does not like how we call ourselves."""

    name = "ehlo-refused"
    summary = "answers EHLO with 550 5.7.1 and refuses the name"
    code = "smtp.greeting-refused"
    at = Step.EHLO
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """A refusal in place of the answer."""
        return (
            [Say(b"550 5.7.1 Helo command rejected: host not found\r\n")]
            if step is Step.EHLO
            else script
        )
