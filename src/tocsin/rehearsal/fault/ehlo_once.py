"""A relay that does not start anew after STARTTLS."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.settings import RehearsalSettings


class EhloOnce(Fault):
    """A relay that does not start anew after STARTTLS."""

    name = "ehlo-once"
    summary = "answers EHLO after STARTTLS with 503"
    code = "unknown"
    at = Step.AUTH
    bars = True

    def adjust(self, settings: RehearsalSettings) -> RehearsalSettings:
        """Settings of such an endpoint."""
        return replace(settings, greets_again=False)
