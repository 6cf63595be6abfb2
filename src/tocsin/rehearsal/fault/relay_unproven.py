"""Somebody in the relay's place who does not know the password."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.settings import RehearsalSettings


class RelayUnproven(Fault):
    """Somebody in the relay's place who does not know the password."""

    name = "relay-unproven"
    summary = "offers SCRAM-SHA-256 alone and proves itself with a wrong signature"
    code = "auth.relay-unproven"
    at = Step.AUTH
    bars = True

    def adjust(self, settings: RehearsalSettings) -> RehearsalSettings:
        """Settings of such an account."""
        return replace(settings, mechanisms=("SCRAM-SHA-256",), proves_itself=False)
