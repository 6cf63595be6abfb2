"""Putting one ClientHello to a server and reading its answer; few at once.

Nothing else is sent but the words that lead to TLS, and the alert that ends it politely.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from tocsin.faults.fault import Finding
from tocsin.trust.deep.flight import FlightEnd
from tocsin.trust.deep.offer import Offer
from tocsin.trust.failure import ProbeFailure
from tocsin.trust.probe import Target, connected, lead_to_tls
from tocsin.trust.refusal import not_tls
from tocsin.trust.wire import ServerFlight, looks_like_tls

AT_ONCE = 4
"""Connections open at the same time: a relay must not take a look for an attack."""

_READ = 65536
_CLOSE_NOTIFY = bytes((21, 3, 1, 0, 2, 1, 0))
_PAUSE_S = 1.0

ALERTS = {
    10: "unexpected_message",
    22: "record_overflow",
    40: "handshake_failure",
    42: "bad_certificate",
    47: "illegal_parameter",
    50: "decode_error",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    109: "missing_extension",
    112: "unrecognized_name",
}
"""Names of the alerts that a refusal comes with (RFC 8446 section 6)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the server's flight, empty where it only closed.

    `silence`: it said nothing, or not enough, in time.
    """

    flight: ServerFlight
    silence: bool = False

    def agrees_on(self, version: int) -> bool:
        """Whether the server took the offer, in the version that was asked for."""
        return self.flight.version == version and self.flight.suite is not None

    @property
    def closed(self) -> bool:
        """Whether the server only closed, which says no, or that it has had enough of us."""
        flight = self.flight
        return not self.silence and flight.version is None and flight.alert is None

    @property
    def refusal(self) -> str:
        """How the server said no, in a few words."""
        if self.flight.alert is not None:
            number = self.flight.alert[1]
            return f"alert {ALERTS.get(number, number)}"
        if self.silence:
            return "no answer in time"
        if self.flight.version_name is not None:
            return f"it answers with {self.flight.version_name}"
        return "it closes the connection"


@dataclass(slots=True)
class Asker:
    """Connections to one address, one for each question."""

    target: Target
    connections: int = 0
    _answered: bool = False
    _limit: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait until one of the few connections is free."""
        async with self._limit:
            self.connections += 1
            yield

    async def ask(self, offer: Offer) -> Answer:
        """The answer to an offer. Who took some and now turns us away is asked once more.

        Raises:
            ProbeFailure: the way to TLS is closed, or something else than TLS answers.
        """
        try:
            answer = await self._ask(offer)
        except ProbeFailure:
            if not self._answered or self._is_late(_PAUSE_S):
                raise
        else:
            self._answered = True
            return await self._ask(offer) if answer.closed else answer
        # Too many connections, say: the relay's own limits come first.
        await asyncio.sleep(_PAUSE_S)
        return await self._ask(offer)

    def _is_late(self, seconds: float) -> bool:
        return asyncio.get_running_loop().time() + seconds >= self.target.until

    async def _ask(self, offer: Offer) -> Answer:
        async with self.turn(), connected(self.target) as (reader, writer):
            await lead_to_tls(self.target, reader, writer)
            end = FlightEnd()
            silence = False
            try:
                async with asyncio.timeout_at(self.target.deadline()):
                    writer.write(offer.hello())
                    while not end.ended and (data := await reader.read(_READ)):
                        end.feed(data)
                    writer.write(_CLOSE_NOTIFY)
            except TimeoutError:
                silence = True
            except OSError:
                pass  # a reset is an answer too
        return Answer(self._flight(end), silence)

    def _flight(self, end: FlightEnd) -> ServerFlight:
        if not end.seen:
            return ServerFlight()
        if not looks_like_tls(end.seen):
            finding = not_tls(end.seen, self.target.host)
            facts = {**finding.facts, **self.target.facts}
            raise ProbeFailure(Finding(finding.code, facts))
        return end.flight()
