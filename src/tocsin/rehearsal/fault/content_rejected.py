"""A relay whose filter finds fault with what the message says."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.settings import RehearsalSettings


class ContentRejected(Fault):
    """A relay whose filter finds fault with what the message says."""

    name = "content-rejected"
    summary = "answers mails with 554 5.7.1 Message content rejected"
    code = "smtp.content-rejected"
    at = Step.BODY
    bars = True

    def adjust(self, settings: RehearsalSettings) -> RehearsalSettings:
        """Settings of such an endpoint."""
        return replace(settings, refuses_content=True)
