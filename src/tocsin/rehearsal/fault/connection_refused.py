"""A relay that is not running."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.door import Door, Doors
from tocsin.rehearsal.fault.base import Fault


class ConnectionRefused(Fault):
    """A relay that is not running."""

    name = "connection-refused"
    summary = "listens on no address: connections are refused"
    code = "tcp.refused"
    at = Step.TCP
    bars = True

    def admit(self, doors: Doors) -> Doors:
        """Every address shut."""
        return dict.fromkeys(doors, Door.SHUT)
