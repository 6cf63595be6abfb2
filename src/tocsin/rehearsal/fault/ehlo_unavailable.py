"""A relay that is being shut down."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal import words
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import End, Say, Script


class EhloUnavailable(Fault):
    """A relay that is being shut down."""

    name = "ehlo-unavailable"
    summary = "answers EHLO with 421 and closes the connection"
    code = "smtp.temporary"
    at = Step.EHLO
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """Leave in place of the answer."""
        return [Say(words.NOT_AVAILABLE), End.CLOSE] if step is Step.EHLO else script
