"""An account that may not send for the time being."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.settings import RehearsalSettings


class SendingPaused(Fault):
    """An account that may not send for the time being."""

    name = "sending-paused"
    summary = "answers mails with 554 Sending paused for this account"
    code = "ses.sending-paused"
    at = Step.BODY
    bars = True

    def adjust(self, settings: RehearsalSettings) -> RehearsalSettings:
        """Settings of such an account."""
        return replace(settings, sending_paused=True)
