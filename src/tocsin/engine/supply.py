"""Messages made ahead of their turn: read from the outbox and composed, claimed by nobody yet.

What is composed cannot be overtaken by what is graver and comes later, so that there is
never more of it than two seconds carry.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from tocsin.base.clock import Clock
from tocsin.engine import consequence, ledger
from tocsin.engine.claimer import Claimer
from tocsin.engine.composing import Composer, NotComposed
from tocsin.engine.ready import Prepared, Ready
from tocsin.engine.recorder import Recorder
from tocsin.engine.relay import Relay
from tocsin.engine.route import Route, carriers
from tocsin.engine.storethread import StoreThread
from tocsin.faults.fault import Finding
from tocsin.store.queries.outgoing import Outgoing

_AHEAD = 512
"""Deliveries composed before they are claimed, where two seconds do not carry fewer."""
_LEAST_AHEAD = 4
_LOOK_S = 1.0
"""The outbox is looked at so often, whether anybody said that something is new or not."""


class Supply:
    """Keeps messages at hand for the routes that carry. `changed` is called when there are more."""

    def __init__(
        self,
        *,
        store: StoreThread,
        composer: Composer,
        claimer: Claimer,
        recorder: Recorder,
        clock: Clock,
        changed: Callable[[], object],
    ) -> None:
        self.routes: Sequence[Route] = ()
        self.ready = Ready()
        self._store = store
        self._composer = composer
        self._claimer = claimer
        self._recorder = recorder
        self._clock = clock
        self._changed = changed
        self._unclaimed: set[str] = set()
        """Deliveries at hand, composed or being composed, that nobody has claimed yet."""
        self._generation = 0
        self._more = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """There may be more to make, or more room for it."""
        self._more.set()

    def stop(self) -> None:
        """`run` ends with what it is at."""
        self._stopping = True
        self._more.set()

    def forget(self) -> None:
        """Messages that nobody claimed are composed anew."""
        self._generation += 1
        self.ready.clear()
        self._unclaimed.clear()

    async def run(self) -> None:
        """Make messages until stopped."""
        while not self._stopping:
            self._more.clear()
            wanted = self._wanted()
            found = await self._make(wanted) if wanted else 0
            if found < max(1, wanted // 2):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_S):
                        await self._more.wait()

    def put_back(self, batch: Sequence[Prepared]) -> None:
        """Before all others; of what was forgotten meanwhile nothing: it is composed anew."""
        known = [one for one in batch if one.outgoing.id in self._unclaimed]
        now = self._clock.monotonic()
        for slow in (True, False):
            self.ready.lane(slow=slow).put_back(
                [one for one in known if self.ready.is_slow(one, now) is slow]
            )

    async def claim(self, batch: Sequence[Prepared], relay: Relay) -> list[Prepared]:
        """Take a batch for sending; gives what was still free, as this relay is to have it."""
        taken = await self._claim([one.outgoing for one in batch])
        mine = [one for one in batch if one.outgoing.id in taken]
        if all(one.envelope.sender == relay.sender for one in mine):
            return mine
        composed, _ = await asyncio.to_thread(self._compose, [one.outgoing for one in mine], relay)
        return composed

    def _wanted(self) -> int:
        able = carriers(self.routes)
        if not able:
            return 0
        speed = able[-1].speed()
        ahead = _AHEAD if speed is None else min(_AHEAD, max(_LEAST_AHEAD, int(2 * speed)))
        return ahead - len(self.ready) if len(self.ready) <= ahead // 2 else 0

    async def _make(self, wanted: int) -> int:
        generation = self._generation
        fresh = await self._store.insist(
            ledger.waiting,
            self._composer,
            self._clock.now(),
            wanted,
            without=frozenset(self._unclaimed),
        )
        if generation != self._generation or not fresh:
            return 0
        self._unclaimed.update(one.id for one in fresh)
        relay = (carriers(self.routes) or self.routes)[-1].relay
        composed, hopeless = await asyncio.to_thread(self._compose, fresh, relay)
        if generation == self._generation:
            self.ready.add(composed, self._clock.monotonic())
            self._changed()
        if hopeless:
            await self._give_up(hopeless)
        return len(fresh)

    def _compose(
        self, fresh: Sequence[Outgoing], relay: Relay
    ) -> tuple[list[Prepared], list[tuple[Outgoing, Finding]]]:
        composed: list[Prepared] = []
        hopeless: list[tuple[Outgoing, Finding]] = []
        for one in fresh:
            try:
                composed.append(Prepared(one, self._composer.compose(one, relay)))
            except NotComposed as reason:
                hopeless.append((one, reason.finding))
        return composed, hopeless

    async def _give_up(self, hopeless: Sequence[tuple[Outgoing, Finding]]) -> None:
        taken = await self._claim([one for one, _ in hopeless])
        now = self._clock.now()
        for one, finding in hopeless:
            if one.id in taken:
                result = consequence.of_no_message(one, finding, one.attempts + 1, now)
                self._recorder.add(None, result.outcome)

    async def _claim(self, wanted: Sequence[Outgoing]) -> set[str]:
        taken = await self._claimer.claim(wanted)
        self._unclaimed.difference_update(one.id for one in wanted)
        return taken
