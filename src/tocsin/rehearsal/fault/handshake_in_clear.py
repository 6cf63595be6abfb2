"""An endpoint that goes on in the clear where TLS should begin."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import End, Script, Wire


class HandshakeInClear(Fault):
    """An endpoint that goes on in the clear where TLS should begin."""

    name = "handshake-in-clear"
    summary = "answers the ClientHello with an SMTP reply"
    code = "tls.wrong-mode"
    at = Step.TLS
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """A line of text in place of the server's flight."""
        return [Wire(b"500 Error: bad syntax\r\n"), End.DROP] if step is Step.TLS else script
