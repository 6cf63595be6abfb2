"""A relay behind a device that takes TLS off, and that sees none."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal import words
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import Say, Script


class StarttlsRequired(Fault):
    """A relay behind a device that takes TLS off, and that sees none."""

    name = "starttls-required"
    summary = "answers AUTH with 530 Must issue a STARTTLS command first, also under TLS"
    code = "smtp.starttls-required"
    at = Step.AUTH
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """A refusal in place of the answer."""
        return [Say(words.NEED_TLS)] if step is Step.AUTH else script
