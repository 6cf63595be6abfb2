"""A line that garbles what goes over it."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import End, Say, Script


class NulOctets(Fault):
    """A line that garbles what goes over it."""

    name = "nul-octets"
    summary = "greets with NUL octets"
    code = "smtp.not-smtp"
    at = Step.GREETING
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """Octets that no line of SMTP holds."""
        return [Say(b"\0\0\0\0\0\0\0\0\r\n"), End.SILENCE] if step is Step.GREETING else script
