"""Trouble inside Amazon SES."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.settings import RehearsalSettings


class ServiceFailure(Fault):
    """Trouble inside Amazon SES."""

    name = "service-failure"
    summary = "answers mails with 451 Temporary service failure"
    code = "smtp.temporary"
    at = Step.BODY
    bars = True

    def adjust(self, settings: RehearsalSettings) -> RehearsalSettings:
        """Settings of such an account."""
        return replace(settings, service_available=False)
