"""A firewall that rewrites SMTP and keeps its length ("fixup", "inspect esmtp")."""

from __future__ import annotations

import re

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import Act, Say, Script

_GREETING = re.compile(rb"(?<=220 )[^\r]+")
_STARTTLS = re.compile(rb"STARTTLS(?=\r)")


class MaskedByFirewall(Fault):
    """A firewall that rewrites SMTP and keeps its length."""

    name = "masked-by-firewall"
    summary = "overwrites the greeting with asterisks and STARTTLS with X's"
    code = "smtp.masked-by-firewall"
    at = Step.GREETING
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """What the firewall does not know is overwritten."""
        if step is Step.STARTTLS:
            return [Say(b"500 Error: command not implemented\r\n")]
        return [self._mask(step, act) for act in script]

    def _mask(self, step: Step | None, act: Act) -> Act:
        if not isinstance(act, Say):
            return act
        if step is Step.GREETING:
            return Say(_GREETING.sub(lambda found: b"*" * len(found[0]), act.octets))
        if step is Step.EHLO:
            return Say(_STARTTLS.sub(b"XXXXXXXA", act.octets))
        return act
