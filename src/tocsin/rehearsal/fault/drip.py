"""A line so slow that an answer takes minutes."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import Say, Script, drip


class Drip(Fault):
    """A line so slow that an answer takes minutes."""

    name = "drip"
    summary = "sends the greeting one octet every two seconds"
    code = "smtp.banner-timeout"
    at = Step.GREETING
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """The greeting, drop by drop."""
        return (
            drip(b"".join(act.octets for act in script if isinstance(act, Say)), 2.0)
            if step is Step.GREETING
            else script
        )
