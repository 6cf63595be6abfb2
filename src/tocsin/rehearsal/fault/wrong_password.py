"""An access key that was deactivated, or a password of another secret or region."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.settings import RehearsalSettings


class WrongPassword(Fault):
    """An access key that was deactivated, or a password of another secret or region."""

    name = "wrong-password"
    summary = "answers every AUTH with 535 Authentication Credentials Invalid"
    code = "auth.rejected"
    at = Step.AUTH
    bars = True

    def adjust(self, settings: RehearsalSettings) -> RehearsalSettings:
        """Settings of such an account."""
        return replace(settings, key_active=False)
