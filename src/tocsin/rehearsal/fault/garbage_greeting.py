"""A port that another protocol answers on."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import End, Say, Script


class GarbageGreeting(Fault):
    """A port that another protocol answers on."""

    name = "garbage-greeting"
    summary = "greets as an SSH server does"
    code = "smtp.not-smtp"
    at = Step.GREETING
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """The words of another protocol."""
        return [Say(b"SSH-2.0-OpenSSH_9.2p1\r\n"), End.SILENCE] if step is Step.GREETING else script
