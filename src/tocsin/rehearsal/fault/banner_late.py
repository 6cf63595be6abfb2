"""A relay that looks its clients up before it greets them."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import Pause, Script


class BannerLate(Fault):
    """A relay that looks its clients up before it greets them."""

    name = "banner-late"
    summary = "greets after 20 seconds: a client with less patience has left"
    code = "smtp.banner-timeout"
    at = Step.GREETING
    bars = False

    def play(self, step: Step | None, script: Script) -> Script:
        """The greeting comes late."""
        return [Pause(20), *script] if step is Step.GREETING else script
