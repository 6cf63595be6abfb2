"""Somebody in between who slips answers in before TLS (CVE-2011-0411)."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import Say, Script

_FORGED = b"250-email-smtp.amazonaws.com\r\n250 AUTH PLAIN\r\n"


class StarttlsInjection(Fault):
    """Somebody in between who slips answers in before TLS (CVE-2011-0411)."""

    name = "starttls-injection"
    summary = "sends a forged answer in the clear, in one piece with the 220 to STARTTLS"
    code = "smtp.starttls-injection"
    at = Step.STARTTLS
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """The forged answer rides on the real one."""
        return (
            [Say(script[0].octets + _FORGED), *script[1:]]
            if step is Step.STARTTLS and isinstance(script[0], Say)
            else script
        )
