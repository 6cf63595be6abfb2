"""What this process has learnt of one relay, shared by all connections to it."""

from __future__ import annotations

import ssl
from dataclasses import replace
from functools import lru_cache

from tocsin.base.clock import SYSTEM_CLOCK, Clock
from tocsin.mail.relay.health import AddressHealth, Health
from tocsin.mail.relay.leave import Leave
from tocsin.mail.relay.limit import LearntLimits, Limits
from tocsin.mail.relay.pace import Pace
from tocsin.mail.relay.resumption import Resumption
from tocsin.mail.relay.settings import RelaySettings
from tocsin.trust.anchor import Anchor
from tocsin.trust.context import client_context
from tocsin.trust.policy import CipherPolicy


class RelayMemory:
    """TLS sessions, health of the addresses, limits and pace of one relay.

    It holds for one value of the settings: host, trust store, cipher policy and
    credentials. When any of them changes its owner makes a new one, and nothing that was
    agreed on under the old ones is used again.
    """

    def __init__(self, settings: RelaySettings, clock: Clock = SYSTEM_CLOCK) -> None:
        self.settings = settings
        self.resumption = Resumption(clock)
        self.health = Health(clock)
        self.pace = Pace()
        """Over all connections; `seconds_per_message` is that of one of them."""
        self._limits = LearntLimits(settings, clock)
        self._open = 0

    @property
    def open_connections(self) -> int:
        """Connections that are open and can be used, or are in use, now."""
        return self._open

    def addresses(self) -> tuple[AddressHealth, ...]:
        """How each address of the relay's name has done."""
        return self.health.snapshot()

    def limits(self) -> Limits:
        """What may be asked of the relay now: the settings, lowered by what it has said."""
        return self._limits.snapshot()

    def context(self) -> ssl.SSLContext:
        """The context of every connection; sessions can be resumed under the same one only.

        Raises:
            RefusedCiphers: the policy leaves nothing to offer.
        """
        return _context(self.settings.anchors, self.settings.policy)

    def check(self, settings: RelaySettings) -> None:
        """See that a connection with these settings may use what is kept here.

        Raises:
            ValueError: they differ in more than how long to wait or how much to hand over.
        """
        own = self.settings
        if replace(settings, deadlines=own.deadlines, window=own.window) != own:
            raise ValueError("the memory is of other settings")

    # ------------------------------------------------------------------ told by connections

    def came(self) -> None:
        """A connection was opened."""
        self._open += 1

    def went(self) -> None:
        """An opened connection has ended, whoever ended it."""
        self._open -= 1

    def dismissed(self, leave: Leave) -> None:
        """The relay took leave of a connection that had worked."""
        self._limits.learn(leave)

    def turned_away(self) -> None:
        """The relay did not want one more connection."""
        self._limits.refuse(self._open)


@lru_cache(maxsize=32)
def _context(anchors: tuple[Anchor, ...], policy: CipherPolicy) -> ssl.SSLContext:
    """Contexts are made once for a trust store and policy: loading anchors takes time."""
    return client_context(anchors, policy)
