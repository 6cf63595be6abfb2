"""An endpoint that offers no sign-in."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.settings import RehearsalSettings


class NoAuth(Fault):
    """An endpoint that offers no sign-in."""

    name = "no-auth"
    summary = "lists no AUTH and refuses it"
    code = "auth.not-offered"
    at = Step.AUTH
    bars = True

    def adjust(self, settings: RehearsalSettings) -> RehearsalSettings:
        """Settings of such an endpoint."""
        return replace(settings, mechanisms=())
