"""A new account: recipients must be verified, and only the first identity is."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.settings import RehearsalSettings


class Sandbox(Fault):
    """A new account: recipients must be verified, and only the first identity is."""

    name = "sandbox"
    summary = "answers mails to others than the first identity with 554"
    code = "ses.sandbox-recipient"
    at = Step.BODY
    bars = True

    def adjust(self, settings: RehearsalSettings) -> RehearsalSettings:
        """Settings of such an account."""
        return replace(settings, sandbox=True, identities=settings.identities[:1])
