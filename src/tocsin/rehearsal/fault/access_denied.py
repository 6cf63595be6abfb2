"""An IAM user whose policy forbids sending."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.settings import RehearsalSettings


class AccessDenied(Fault):
    """An IAM user whose policy forbids sending."""

    name = "access-denied"
    summary = "answers mails with 554 Access denied"
    code = "ses.not-authorized"
    at = Step.BODY
    bars = True

    def adjust(self, settings: RehearsalSettings) -> RehearsalSettings:
        """Settings of such an account."""
        return replace(settings, access_denied=True)
