"""Credentials that cannot be checked just now."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.settings import RehearsalSettings


class SignInUnavailable(Fault):
    """Credentials that cannot be checked just now."""

    name = "sign-in-unavailable"
    summary = "answers every AUTH with 454 Temporary authentication failure"
    code = "auth.temporary"
    at = Step.AUTH
    bars = True

    def adjust(self, settings: RehearsalSettings) -> RehearsalSettings:
        """Settings of such an account."""
        return replace(settings, sign_in_available=False)
