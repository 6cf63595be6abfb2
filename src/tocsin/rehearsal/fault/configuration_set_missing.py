"""An identity whose default configuration set was deleted."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.settings import RehearsalSettings


class ConfigurationSetMissing(Fault):
    """An identity whose default configuration set was deleted."""

    name = "configuration-set-missing"
    summary = "answers mails with 554 Configuration Set does not exist"
    code = "ses.configuration-set-missing"
    at = Step.BODY
    bars = True

    def adjust(self, settings: RehearsalSettings) -> RehearsalSettings:
        """Settings of such an account."""
        return replace(settings, default_configuration_set="alarms")
