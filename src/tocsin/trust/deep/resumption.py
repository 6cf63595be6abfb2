"""Whether a server takes up a session again: the one question that needs whole handshakes."""

from __future__ import annotations

import ssl
import warnings

from tocsin.trust.context import looking_context
from tocsin.trust.deep.asking import Asker
from tocsin.trust.deep.found import ResumptionFound
from tocsin.trust.deep.suites import TLS10, TLS11, TLS12, TLS13
from tocsin.trust.failure import ProbeFailure
from tocsin.trust.probe import connected, lead_to_tls, say_goodbye, shake_hands
from tocsin.trust.session import TlsClient, TlsFailure
from tocsin.trust.wire import VERSION_NAMES

ID, TICKET = "id", "ticket"

_LIMITS = {
    TLS10: ssl.TLSVersion.TLSv1,
    TLS11: ssl.TLSVersion.TLSv1_1,
    TLS12: ssl.TLSVersion.TLSv1_2,
    TLS13: ssl.TLSVersion.TLSv1_3,
}


class Resumption:
    """Two handshakes of one version, the second with the session of the first."""

    def __init__(self, asker: Asker, version: int, by: str) -> None:
        self._asker = asker
        self._version, self._by = version, by
        self._context = _only(version, tickets=by == TICKET)
        self.chain: tuple[bytes, ...] = ()
        """What the first handshake presented (DER, leaf first), in TLS 1.3 too."""

    async def look(self) -> ResumptionFound:
        """Whether the second handshake was spared its certificate."""
        return ResumptionFound(VERSION_NAMES[self._version], self._by, await self._works())

    async def _works(self) -> bool | None:
        try:
            first = await self._connect(None)
            if first is None:
                return None
            self.chain = first.chain
            if first.session is None or not self._can_resume(first.session):
                return False
            second = await self._connect(first.session)
        except ProbeFailure:
            return None
        return second is not None and second.facts().resumed

    def _can_resume(self, session: ssl.SSLSession) -> bool:
        return session.has_ticket if self._by == TICKET else bool(session.id)

    async def _connect(self, session: ssl.SSLSession | None) -> TlsClient | None:
        """A session that was ended in good order; None when TLS did not come about.

        Without its QUIT a relay forgets the session, and in TLS 1.3 hands out no ticket.
        """
        target = self._asker.target
        client = TlsClient(self._context, target.host, session=session)
        async with self._asker.turn(), connected(target) as (reader, writer):
            await lead_to_tls(target, reader, writer)
            try:
                await shake_hands(target, client, reader, writer)
                await say_goodbye(client, reader, writer)
            except TlsFailure:
                return client if client.established else None
        return client


def _only(version: int, *, tickets: bool) -> ssl.SSLContext:
    """A context that looks, in this version alone. NOTHING SECRET MAY PASS IT."""
    context = looking_context()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # old versions are looked at too
        context.minimum_version = context.maximum_version = _LIMITS[version]
    if not tickets:
        context.options |= ssl.OP_NO_TICKET
    return context
