"""A filter that cuts TLS off in the middle of the certificates."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import End, Script, Wire


class HandshakeCut(Fault):
    """A filter that cuts TLS off in the middle of the certificates."""

    name = "handshake-cut"
    summary = "closes the connection in the middle of the server's certificates"
    code = "tls.handshake-dropped"
    at = Step.TLS
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """Half of the flight, then the end."""
        flight = b"".join(act.octets for act in script if isinstance(act, Wire))
        return [Wire(flight[: len(flight) // 2]), End.DROP] if step is Step.TLS else script
