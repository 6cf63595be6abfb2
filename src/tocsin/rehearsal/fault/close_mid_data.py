"""A connection that breaks while the message is on its way."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import End, Hear, Script


class CloseMidData(Fault):
    """A connection that breaks while the message is on its way."""

    name = "close-mid-data"
    summary = "resets the connection once the first octets of the message came"
    code = "smtp.closed-early"
    at = Step.DATA
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """Content is asked for, and not waited for.

        A client that put the whole of a small mail on the wire at once cannot know what came
        of it: then the code is ``smtp.outcome-unknown``.
        """
        return [*script, Hear(1), End.RESET] if step is Step.DATA else script
