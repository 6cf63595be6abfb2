"""A custom MAIL FROM domain without its MX record."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.settings import RehearsalSettings


class MailFromDomain(Fault):
    """A custom MAIL FROM domain without its MX record."""

    name = "mail-from-domain"
    summary = "answers mails with 554 MAIL FROM domain not verified"
    code = "ses.mail-from-domain"
    at = Step.BODY
    bars = True

    def adjust(self, settings: RehearsalSettings) -> RehearsalSettings:
        """Settings of such an account."""
        return replace(settings, mail_from_broken=True)
