"""An account whose only identity is another than the sender."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.settings import RehearsalSettings


class NotVerified(Fault):
    """An account whose only identity is another than the sender."""

    name = "not-verified"
    summary = "answers mails with 554 and the identities that are not verified"
    code = "ses.identity-not-verified"
    at = Step.BODY
    bars = True

    def adjust(self, settings: RehearsalSettings) -> RehearsalSettings:
        """Settings of such an account."""
        return replace(settings, identities=("verified.example",))
