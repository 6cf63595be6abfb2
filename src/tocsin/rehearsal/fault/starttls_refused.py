"""An endpoint that lists STARTTLS and cannot do it now."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import Say, Script


class StarttlsRefused(Fault):
    """An endpoint that lists STARTTLS and cannot do it now."""

    name = "starttls-refused"
    summary = "answers STARTTLS with 454"
    code = "smtp.starttls-refused"
    at = Step.STARTTLS
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """A refusal; no handshake follows."""
        return (
            [Say(b"454 TLS not available due to temporary reason\r\n")]
            if step is Step.STARTTLS
            else script
        )
