"""A relay that dies in the middle of an answer."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import End, Say, Script


class HalfReply(Fault):
    """A relay that dies in the middle of an answer."""

    name = "half-reply"
    summary = "sends half of the answer to MAIL and closes the connection"
    code = "smtp.closed-early"
    at = Step.MAIL
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """Half of the answer, then the end."""
        return [Say(b"250 O"), End.DROP] if step is Step.MAIL else script
