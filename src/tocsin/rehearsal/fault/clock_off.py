"""A server whose greeting carries a date, two hours from ours."""

from __future__ import annotations

from datetime import timedelta

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import Script, dated


class ClockOff(Fault):
    """A server whose greeting carries a date, two hours from ours."""

    name = "clock-off"
    summary = "greets with a date two hours ahead of this machine's clock"
    code = "clock.skew"
    at = Step.GREETING
    bars = False

    def play(self, step: Step | None, script: Script) -> Script:
        """The date at the end of the greeting, as many servers put it there."""
        return dated(script, timedelta(hours=2)) if step is Step.GREETING else script
