"""An endpoint whose connections are all taken."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.settings import RehearsalSettings


class TooManyConnections(Fault):
    """An endpoint whose connections are all taken."""

    name = "too-many-connections"
    summary = "greets with 421 Too many concurrent SMTP connections"
    code = "smtp.too-many-connections"
    at = Step.GREETING
    bars = True

    def adjust(self, settings: RehearsalSettings) -> RehearsalSettings:
        """Settings of such an endpoint."""
        return replace(settings, max_connections=0)
