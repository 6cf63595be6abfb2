"""An endpoint, or a device before it, that hides STARTTLS."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.settings import RehearsalSettings


class NoStarttls(Fault):
    """An endpoint, or a device before it, that hides STARTTLS."""

    name = "no-starttls"
    summary = "lists no STARTTLS and refuses it"
    code = "smtp.starttls-missing"
    at = Step.EHLO
    bars = True

    def adjust(self, settings: RehearsalSettings) -> RehearsalSettings:
        """Settings of such an endpoint."""
        return replace(settings, offers_starttls=False)
