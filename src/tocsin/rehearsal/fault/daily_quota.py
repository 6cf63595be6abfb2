"""An account that has sent its quota of 24 hours."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.settings import RehearsalSettings


class DailyQuota(Fault):
    """An account that has sent its quota of 24 hours."""

    name = "daily-quota"
    summary = "answers mails with 454 Daily message quota exceeded"
    code = "ses.daily-quota"
    at = Step.BODY
    bars = True

    def adjust(self, settings: RehearsalSettings) -> RehearsalSettings:
        """Settings of such an account."""
        return replace(settings, max_24_hour_send=0)
