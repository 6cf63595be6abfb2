"""A relay with two addresses, one of which is down."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.door import Door, Doors
from tocsin.rehearsal.fault.base import Fault


class OneAddressRefused(Fault):
    """A relay with two addresses, one of which is down."""

    name = "one-address-refused"
    summary = "refuses connections at the last of its addresses; a single one stays open"
    code = "tcp.refused"
    at = Step.TCP
    bars = False

    def admit(self, doors: Doors) -> Doors:
        """The last address shut, where there is another."""
        addresses = tuple(doors)
        return doors if len(addresses) == 1 else {**doors, addresses[-1]: Door.SHUT}
