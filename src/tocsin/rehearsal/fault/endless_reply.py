"""A relay whose answer never ends."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import Say, Script


class EndlessReply(Fault):
    """A relay whose answer never ends."""

    name = "endless-reply"
    summary = "answers EHLO with lines without end"
    code = "smtp.not-smtp"
    at = Step.EHLO
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """More lines than any client should read."""
        return [Say(b"250-X-MORE\r\n" * 100_000)] if step is Step.EHLO else script
