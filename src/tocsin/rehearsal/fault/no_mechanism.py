"""An endpoint that offers only a sign-in of another world."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.settings import RehearsalSettings


class NoMechanism(Fault):
    """An endpoint that offers only a sign-in of another world."""

    name = "no-mechanism"
    summary = "offers GSSAPI alone"
    code = "auth.no-mechanism"
    at = Step.AUTH
    bars = True

    def adjust(self, settings: RehearsalSettings) -> RehearsalSettings:
        """Settings of such an endpoint."""
        return replace(settings, mechanisms=("GSSAPI",))
