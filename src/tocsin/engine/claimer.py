"""Taking deliveries for sending: many connections' wishes in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tocsin.base.clock import SECOND, Clock, Instant
from tocsin.engine import ledger
from tocsin.engine.storethread import StoreThread
from tocsin.store.queries.outgoing import Outgoing

LEASE: Instant = 60 * SECOND
"""How long a claim holds without being renewed."""


class Claimer:
    """Claims for one owner. What is asked for while the store is busy is asked together."""

    def __init__(self, store: StoreThread, owner: str, clock: Clock) -> None:
        self._store = store
        self._owner = owner
        self._clock = clock
        self._wanted: list[tuple[str, str]] = []
        self._next: asyncio.Task[set[str]] | None = None
        self._free = asyncio.Lock()

    async def claim(self, wanted: Sequence[Outgoing]) -> set[str]:
        """The ids of those that were still free and are ours now."""
        self._wanted.extend((one.id, one.kind) for one in wanted)
        if self._next is None:
            self._next = asyncio.create_task(self._claim())
        taken = await asyncio.shield(self._next)
        return {one.id for one in wanted if one.id in taken}

    async def _claim(self) -> set[str]:
        async with self._free:
            wanted, self._wanted = self._wanted, []
            self._next = None
            until = self._clock.now() + LEASE
            return await self._store.insist(ledger.claim, wanted, self._owner, until)
