"""A relay, or a filter before it, that holds the greeting back."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import Pause, Script


class BannerStall(Fault):
    """A relay, or a filter before it, that holds the greeting back."""

    name = "banner-stall"
    summary = "takes the connection and says nothing for 40 seconds"
    code = "smtp.banner-timeout"
    at = Step.GREETING
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """The greeting comes late."""
        return [Pause(40), *script] if step is Step.GREETING else script
