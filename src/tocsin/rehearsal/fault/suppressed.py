"""Recipients on the suppression list, as SES refused them once."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.settings import RehearsalSettings


class Suppressed(Fault):
    """Recipients on the suppression list, as SES refused them once."""

    name = "suppressed"
    summary = "answers mails with 554 Address blacklisted"
    code = "ses.suppressed"
    at = Step.BODY
    bars = True

    def adjust(self, settings: RehearsalSettings) -> RehearsalSettings:
        """Settings of such an account."""
        return replace(settings, suppressed=True)
