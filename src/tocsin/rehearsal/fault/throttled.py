"""An account whose whole sending rate is used up by somebody else."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.settings import RehearsalSettings


class Throttled(Fault):
    """An account whose whole sending rate is used up by somebody else."""

    name = "throttled"
    summary = "answers mails with 454 Maximum sending rate exceeded"
    code = "ses.rate-exceeded"
    at = Step.BODY
    bars = True

    def adjust(self, settings: RehearsalSettings) -> RehearsalSettings:
        """Settings of such an account."""
        return replace(settings, max_send_rate=0)
