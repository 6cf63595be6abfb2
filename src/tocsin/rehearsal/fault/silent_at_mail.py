"""A relay that hangs."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import End, Script


class SilentAtMail(Fault):
    """A relay that hangs."""

    name = "silent-at-mail"
    summary = "never answers MAIL"
    code = "smtp.timeout"
    at = Step.MAIL
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """Silence in place of the answer."""
        return [End.SILENCE] if step is Step.MAIL else script
