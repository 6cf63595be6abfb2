"""A filter on the way that drops what it does not like."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.door import Door, Doors
from tocsin.rehearsal.fault.base import Fault


class ConnectionStuck(Fault):
    """A filter on the way that drops what it does not like."""

    name = "connection-stuck"
    summary = "lets no connection come about"
    code = "tcp.timeout"
    at = Step.TCP
    bars = True

    def admit(self, doors: Doors) -> Doors:
        """A full queue at every address."""
        return dict.fromkeys(doors, Door.STUCK)
