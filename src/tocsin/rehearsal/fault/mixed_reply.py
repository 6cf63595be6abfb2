"""A relay whose answer contradicts itself."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import Say, Script


class MixedReply(Fault):
    """A relay whose answer contradicts itself."""

    name = "mixed-reply"
    summary = "answers EHLO with lines of different codes"
    code = "smtp.not-smtp"
    at = Step.EHLO
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """A second code in one reply (RFC 5321 section 4.2.1 forbids it)."""
        return [Say(b"250-relay.example.net\r\n550 STARTTLS\r\n")] if step is Step.EHLO else script
