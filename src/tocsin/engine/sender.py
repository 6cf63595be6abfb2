"""Deliveries from the outbox to a relay, over kept connections.

The way of one delivery: composed ahead, claimed (state *sending*, committed),
put on the wire, outcome recorded. At most a window's worth for each connection
is between claim and record; after a crash exactly those are in doubt.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from tocsin.base.clock import SECOND, SYSTEM_CLOCK, Clock, Instant
from tocsin.engine import consequence, ledger
from tocsin.engine.breaker import Breaker, Use
from tocsin.engine.composing import Composer, NotComposed
from tocsin.engine.consequence import Consequence
from tocsin.engine.responselog import ResponseLog
from tocsin.engine.storethread import StoreThread
from tocsin.faults.fault import Finding
from tocsin.mail.envelope import Envelope
from tocsin.mail.relay import RelayConnection, RelayFailure, RelaySettings
from tocsin.store.queries import operation
from tocsin.store.queries.outbox import Outgoing

LEASE: Instant = 60 * SECOND
"""How long a claim holds without being renewed."""

_TEST_STEP_S = 15.0
"""The longest that any step of a Test Action may take."""

_AHEAD = 256
"""Deliveries composed before they are claimed."""

_log = structlog.get_logger("sender")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A delivery with its message, ready for the wire."""

    outgoing: Outgoing
    envelope: Envelope
    generation: int
    """Counts the relays used so far: a message is composed for one of them."""


@dataclass(frozen=True, slots=True)
class SenderSettings:
    """How the outbox is emptied."""

    connections: int = 4
    window: int = 64
    """Deliveries between claim and record for each connection."""


class Sender:
    """Empties the outbox to one relay until it is stopped."""

    def __init__(
        self,
        *,
        store: StoreThread,
        owner: str,
        composer: Composer,
        log: ResponseLog,
        settings: SenderSettings | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._store = store
        self._owner = owner
        self._composer = composer
        self._log = log
        self._settings = settings or SenderSettings()
        self._clock = clock
        self._relay: RelaySettings | None = None
        self._generation = 0
        self._breaker = Breaker(clock)
        self._ready: deque[Prepared] = deque()
        self._in_hand: set[str] = set()
        self._work = asyncio.Event()
        self._test_asked = asyncio.Event()
        self._filled = asyncio.Condition()
        self._stopping = False

    def use_relay(self, relay: RelaySettings | None) -> None:
        """Send by this relay from now on; messages not yet claimed are composed anew."""
        self._relay = relay
        self._generation += 1
        self._breaker.try_now()
        self._forget_ready()
        self._work.set()

    def _forget_ready(self) -> None:
        for one in self._ready:
            self._in_hand.discard(one.outgoing.id)
        self._ready.clear()

    def wake(self) -> None:
        """There may be new deliveries."""
        self._work.set()
        self._test_asked.set()

    async def stop(self) -> None:
        """Begin nothing more: `run` ends when what is under way has been recorded."""
        self._stopping = True
        self.wake()
        async with self._filled:
            self._filled.notify_all()

    async def run(self) -> None:
        """Fill and empty until stopped."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._fill())
            for place in range(self._settings.connections):
                tasks.create_task(self._serve(place))
            tasks.create_task(self._test())

    # Composing ahead

    async def _fill(self) -> None:
        while not self._stopping:
            self._work.clear()
            found = 0
            if self._relay is not None and self._breaker.look() is not Use.PAUSED:
                found = await self._fill_once()
            if found < _AHEAD // 2:
                await _wait(self._work, 1.0)

    async def _fill_once(self) -> int:
        if len(self._ready) > _AHEAD // 2:
            return 0
        generation = self._generation
        fresh = await self._store.insist(
            ledger.waiting,
            self._composer,
            self._clock.now(),
            _AHEAD,
            without=frozenset(self._in_hand),
        )
        self._in_hand.update(one.id for one in fresh)
        prepared, hopeless = await asyncio.to_thread(self._prepare, fresh, generation)
        if hopeless:
            await self._give_up(hopeless)
        async with self._filled:
            if generation == self._generation:
                self._ready.extend(prepared)
            else:
                self._in_hand.difference_update(one.outgoing.id for one in prepared)
            self._filled.notify_all()
        return len(fresh)

    def _prepare(
        self, fresh: Sequence[Outgoing], generation: int
    ) -> tuple[list[Prepared], list[tuple[Outgoing, Finding]]]:
        prepared: list[Prepared] = []
        hopeless: list[tuple[Outgoing, Finding]] = []
        for one in fresh:
            try:
                prepared.append(Prepared(one, self._composer.compose(one), generation))
            except NotComposed as reason:
                hopeless.append((one, reason.finding))
        return prepared, hopeless

    async def _give_up(self, hopeless: Sequence[tuple[Outgoing, Finding]]) -> None:
        taken = await self._claim([one for one, _ in hopeless])
        now = self._clock.now()
        done = [
            consequence.of_no_message(one, finding, one.attempts + 1, now)
            for one, finding in hopeless
            if one.id in taken
        ]
        await self._record(done)
        self._in_hand.difference_update(one.id for one, _ in hopeless)

    # Emptying

    async def _serve(self, place: int) -> None:
        connection: RelayConnection | None = None
        generation = -1
        try:
            while not self._stopping:
                batch = self._fit(await self._take(place, connection))
                if connection is not None and (
                    generation != self._generation or not connection.usable or not batch
                ):
                    await connection.close()
                    connection = None
                if not batch:
                    continue
                if connection is None:
                    generation = self._generation
                    connection = await self._connect(batch)
                if connection is not None:
                    await self._send(connection, batch)
        finally:
            if connection is not None:
                await connection.close()

    async def _take(self, place: int, connection: RelayConnection | None) -> list[Prepared]:
        """A batch for this connection; empty when the connection was idle for too long.

        The second connection and those after it come in only while more waits than
        the ones before them can carry.
        """
        window = self._settings.window
        idle = connection.idle_limit if connection is not None else None

        def may_take() -> bool:
            if self._stopping:
                return True
            use = self._breaker.look()
            if not self._ready or use is Use.PAUSED or self._relay is None:
                return False
            if use is Use.TRYING:
                return place == 0
            return place == 0 or len(self._ready) > place * window

        async with self._filled:
            try:
                async with asyncio.timeout(idle if idle is not None else 1.0):
                    await self._filled.wait_for(may_take)
            except TimeoutError:
                return []
            if self._stopping:
                return []
            size = 1 if self._breaker.look() is Use.TRYING else window
            batch = [self._ready.popleft() for _ in range(min(size, len(self._ready)))]
            self._filled.notify_all()
        self._work.set()
        return batch

    def _fit(self, batch: Sequence[Prepared]) -> list[Prepared]:
        """Without messages that were composed for a relay no longer used: they are made anew."""
        stale = [one for one in batch if one.generation != self._generation]
        self._in_hand.difference_update(one.outgoing.id for one in stale)
        return [one for one in batch if one.generation == self._generation]

    async def _connect(self, batch: Sequence[Prepared]) -> RelayConnection | None:
        """A connection, or None after the failure has been recorded and the relay paused."""
        relay = self._relay
        if relay is None:
            self._put_back(batch)
            return None
        started_at = self._clock.now()
        connection = RelayConnection(relay)
        try:
            await connection.open()
        except RelayFailure as failure:
            first, rest = batch[0], batch[1:]
            self._put_back(rest)
            await self._no_connection(first, failure, connection.id, started_at)
            return None
        await self._store.insist(ledger.keep_connection, connection.id, connection.evidence)
        return connection

    async def _no_connection(
        self, first: Prepared, failure: RelayFailure, connection_id: str, started_at: Instant
    ) -> None:
        await self._store.insist(ledger.keep_connection, connection_id, failure.evidence)
        if first.outgoing.id in await self._claim([first.outgoing]):
            result = consequence.of_no_connection(
                first.outgoing,
                failure.finding,
                connection_id,
                first.outgoing.attempts + 1,
                started_at,
                self._clock.now(),
            )
            await self._record([result])
        else:
            await self._pause(failure.finding)
        self._in_hand.discard(first.outgoing.id)

    def _put_back(self, batch: Sequence[Prepared]) -> None:
        self._ready.extendleft(reversed(batch))

    async def _send(self, connection: RelayConnection, batch: Sequence[Prepared]) -> None:
        taken = await self._claim([one.outgoing for one in batch])
        mine = [one for one in batch if one.outgoing.id in taken]
        sent = await connection.deliver([one.envelope for one in mine])
        untried = [one for one, result in zip(mine, sent, strict=True) if result.untried]
        tried = [
            (one, result) for one, result in zip(mine, sent, strict=True) if not result.untried
        ]
        if untried:
            await self._store.insist(
                ledger.release, [one.outgoing.id for one in untried], self._owner
            )
        results = [
            consequence.of_send(one.outgoing, result, connection.id, one.outgoing.attempts + 1)
            for one, result in tried
        ]
        await self._record(results)
        if untried and not tried:
            await self._gone(connection, sent[0].finding if sent else None)
        self._in_hand.difference_update(one.outgoing.id for one in batch)
        self._work.set()

    async def _gone(self, connection: RelayConnection, finding: Finding | None) -> None:
        """Nothing could be said over a connection: one that had worked is simply replaced."""
        if not connection.reused and finding is not None:
            await self._pause(finding)

    # What is written

    async def _claim(self, wanted: Sequence[Outgoing]) -> set[str]:
        until = self._clock.now() + LEASE
        return await self._store.insist(
            ledger.claim, [(one.id, one.kind) for one in wanted], self._owner, until
        )

    async def _record(self, results: Sequence[Consequence]) -> None:
        if not results:
            return
        outcomes = [one.outcome for one in results]
        relay = self._relay.name if self._relay is not None else None
        taken = [one.started_at for one in outcomes if one.ok]
        accepted = relay if taken else None
        ended_pause = bool(taken) and self._breaker.succeed(max(taken))
        await self._store.insist(
            ledger.record, outcomes, self._owner, accepted=accepted, ended_pause=ended_pause
        )
        self._log.outcomes(outcomes)
        if ended_pause:
            _log.info("relay takes mail again", relay=relay)
        for one in results:
            if one.relay_fault is not None:
                await self._pause(one.relay_fault)
                break

    async def _pause(self, finding: Finding) -> None:
        if self._relay is None:
            return
        self._breaker.fail(finding)
        self._forget_ready()
        _log.warning(
            "relay paused",
            relay=self._relay.name,
            code=finding.code,
            probe_in_s=round(((self._breaker.probe_at or 0) - self._clock.now()) / SECOND, 1),
        )
        await self._store.insist(
            operation.save_relay_state,
            self._relay.name,
            paused_at=self._breaker.paused_at,
            code=finding.code,
            facts=finding.facts,
            failures=self._breaker.failures,
            probe_at=self._breaker.probe_at,
        )

    # Test Action: at once, over a connection of its own, never again

    async def _test(self) -> None:
        while not self._stopping:
            self._test_asked.clear()
            rows = await self._store.insist(
                ledger.waiting, self._composer, self._clock.now(), 4, tests=True
            )
            for one in rows:
                await self._test_one(one)
            if not rows:
                await _wait(self._test_asked, 1.0)

    async def _test_one(self, one: Outgoing) -> None:
        if one.id not in await self._claim([one]):
            return
        result = await self._try(one)
        # What a test finds out does not pause the relay; that it works ends a pause.
        await self._record([Consequence(result.outcome, None)])

    async def _try(self, one: Outgoing) -> Consequence:
        number = one.attempts + 1
        started_at = self._clock.now()
        relay = self._relay
        if relay is None:
            return consequence.of_no_connection(
                one, Finding("smtp.not-configured"), None, number, started_at, started_at
            )
        try:
            envelope = self._composer.compose(one)
        except NotComposed as reason:
            return consequence.of_no_message(one, reason.finding, number, started_at)
        # Somebody waits for the answer: a silent relay must not hold it for minutes.
        patient = replace(relay, deadlines=relay.deadlines.capped(_TEST_STEP_S))
        connection = RelayConnection(patient)
        try:
            await connection.open()
            await self._store.insist(ledger.keep_connection, connection.id, connection.evidence)
            (sent,) = await connection.deliver([envelope])
        except RelayFailure as failure:
            await self._store.insist(ledger.keep_connection, connection.id, failure.evidence)
            return consequence.of_no_connection(
                one, failure.finding, connection.id, number, started_at, self._clock.now()
            )
        finally:
            await connection.close()
        return consequence.of_send(one, sent, connection.id, number)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
