"""Looking at the chains of relays: daily, when asked, and when TLS is what a relay fails by."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Sequence

import structlog

from tocsin.base.clock import SECOND, SYSTEM_CLOCK, Clock, Instant
from tocsin.central.smtp import REHEARSAL
from tocsin.engine import chainledger
from tocsin.engine.chainledger import EVERY, JITTER, LEASE
from tocsin.engine.chainsight import look
from tocsin.engine.relay import Relay
from tocsin.engine.storethread import StoreThread
from tocsin.mail.relay import RelaySettings
from tocsin.store.queries import chains
from tocsin.store.queries.chains import Turn

SETTLE: Instant = 30 * SECOND
"""How long after a change of server, trust store or ciphers a relay is looked at: one change
is often followed by the next."""
_POLL_S = 5.0

_log = structlog.get_logger("chains")


class ChainWatch:
    """The watch of one responder.

    When each relay is due stands in the store: several responders share it, and a new start
    neither loses nor repeats a look.
    """

    def __init__(
        self, store: StoreThread, *, clock: Clock = SYSTEM_CLOCK, settle: Instant = SETTLE
    ) -> None:
        self._store = store
        self._clock = clock
        self._settle = settle
        self._relays: dict[str, RelaySettings] = {}
        self._asked: set[str] = set()
        self._woken = asyncio.Event()
        self._stopping = False

    async def use_relays(self, relays: Sequence[Relay]) -> None:
        """Watch these from now on; those without encryption have no chain.

        The rehearsal relay is not watched: while it stands in, what is known of the others stays.
        """
        settings = [one.settings for one in relays]
        if any(one.name == REHEARSAL for one in settings):
            self._relays = {}
            return
        encrypted = [one for one in settings if chainledger.is_encrypted(one)]
        self._relays = {one.name: one for one in encrypted}
        due_at = self._clock.now() + self._settle
        await self._store.insist(chainledger.keep_watch, encrypted, due_at, self._clock)
        self.wake()

    def look_now(self, relay_name: str) -> None:
        """Look at a relay at once: it has been paused because of TLS, say."""
        self._asked.add(relay_name)
        self.wake()

    def wake(self) -> None:
        """Something may be due."""
        self._woken.set()

    def stop(self) -> None:
        """`run` ends after the look that is under way."""
        self._stopping = True
        self._woken.set()

    async def run(self) -> None:
        """Look at whatever is due, until stopped."""
        while not self._stopping:
            self._woken.clear()
            await self._heed_requests()
            for turn in await self._due():
                if self._stopping:
                    break
                await self._take(turn)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_POLL_S):
                    await self._woken.wait()

    async def _heed_requests(self) -> None:
        while self._asked:
            name = self._asked.pop()
            await self._store.insist(chains.ask, name, self._clock.now())

    async def _due(self) -> list[Turn]:
        names = list(self._relays)
        return await self._store.insist(
            chains.due, names, self._clock.now(), max(EVERY, LEASE) + JITTER
        )

    async def _take(self, due: Turn) -> None:
        settings = self._relays.get(due.relay)
        at = self._clock.now()
        if settings is None:
            return
        turn = await self._store.insist(chains.claim, due, at + LEASE)
        if turn is None:
            return
        try:
            await self._look(turn, settings, at)
        except Exception:  # noqa: BLE001 -- the watch outlives any one look
            # Another may begin when the lease has run out.
            _log.exception("look at a relay's chains failed", relay=due.relay)

    async def _look(self, turn: Turn, settings: RelaySettings, at: Instant) -> None:
        sight = await look(settings, at)
        early = random.randrange(JITTER)  # noqa: S311 -- not for secrets
        counted = await self._store.insist(
            chainledger.record, turn, settings, sight, early, self._clock
        )
        _log.info(
            "relay's chains looked at",
            relay=turn.relay,
            addresses=len(sight.shown),
            code=sight.finding.code if sight.finding else None,
            counted=counted,
        )
