"""What the sender asks of whoever makes its messages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from tocsin.engine.relay import Relay
from tocsin.faults.fault import Finding
from tocsin.mail.envelope import Envelope
from tocsin.store.queries.outgoing import Outgoing


class NotComposed(Exception):
    """No message can be made of this delivery."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


class Composer(Protocol):
    """Makes the messages of deliveries."""

    def load(self, versions: Iterable[int]) -> None:
        """Fetch what is needed to compose under these configuration versions (store thread)."""

    def compose(self, outgoing: Outgoing, relay: Relay) -> Envelope:
        """Make the message as this relay is to have it; no input or output here.

        Raises:
            NotComposed: none can be made.
        """
