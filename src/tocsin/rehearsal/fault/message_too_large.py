"""An endpoint that takes small messages only."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.settings import RehearsalSettings


class MessageTooLarge(Fault):
    """An endpoint that takes small messages only."""

    name = "message-too-large"
    summary = "answers mails above 100 octets with 552 Message is too long"
    code = "smtp.message-too-large"
    at = Step.BODY
    bars = True

    def adjust(self, settings: RehearsalSettings) -> RehearsalSettings:
        """Settings of such an endpoint."""
        return replace(settings, max_message_bytes=100)
