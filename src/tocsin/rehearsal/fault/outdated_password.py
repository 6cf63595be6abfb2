"""A password made before January 2019."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.settings import RehearsalSettings


class OutdatedPassword(Fault):
    """A password made before January 2019."""

    name = "outdated-password"
    summary = "answers mails with 454 Maximum SigV2 SMTP sending rate exceeded"
    code = "ses.old-password"
    at = Step.BODY
    bars = True

    def adjust(self, settings: RehearsalSettings) -> RehearsalSettings:
        """Settings of such an account."""
        return replace(settings, password_outdated=True)
