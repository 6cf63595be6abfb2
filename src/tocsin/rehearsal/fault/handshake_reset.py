"""A filter that resets TLS connections."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import End, Script


class HandshakeReset(Fault):
    """A filter that resets TLS connections."""

    name = "handshake-reset"
    summary = "resets the connection when the handshake begins"
    code = "tls.handshake-dropped"
    at = Step.TLS
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """A reset in place of the server's flight."""
        return [End.RESET] if step is Step.TLS else script
