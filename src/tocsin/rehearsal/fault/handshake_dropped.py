"""A filter that cuts TLS off."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import End, Script


class HandshakeDropped(Fault):
    """A filter that cuts TLS off."""

    name = "handshake-dropped"
    summary = "closes the connection when the handshake begins"
    code = "tls.handshake-dropped"
    at = Step.TLS
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """The end in place of the server's flight."""
        return [End.DROP] if step is Step.TLS else script
