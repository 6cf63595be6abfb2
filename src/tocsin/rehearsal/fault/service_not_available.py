"""A host of the endpoint that is being replaced."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal import words
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import End, Say, Script


class ServiceNotAvailable(Fault):
    """A host of the endpoint that is being replaced."""

    name = "service-not-available"
    summary = "answers MAIL with 421 and closes the connection"
    code = "smtp.temporary"
    at = Step.MAIL
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """Leave in place of the answer."""
        return [Say(words.NOT_AVAILABLE), End.CLOSE] if step is Step.MAIL else script
