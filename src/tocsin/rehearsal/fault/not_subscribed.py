"""An AWS account that never opened Amazon SES."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.settings import RehearsalSettings


class NotSubscribed(Fault):
    """An AWS account that never opened Amazon SES."""

    name = "not-subscribed"
    summary = "answers every AUTH with 535 Account not subscribed to SES"
    code = "ses.not-subscribed"
    at = Step.AUTH
    bars = True

    def adjust(self, settings: RehearsalSettings) -> RehearsalSettings:
        """Settings of such an account."""
        return replace(settings, subscribed=False)
