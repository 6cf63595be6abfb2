"""Deliveries from the outbox to relays, over kept connections.

The way of one delivery: composed ahead, claimed (state *sending*, committed),
put on the wire, outcome recorded. At most a window's worth for each connection
is between claim and record; after a crash exactly those are in doubt.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from tocsin.base.clock import SYSTEM_CLOCK, Clock, Instant
from tocsin.engine import consequence, ledger
from tocsin.engine.breaker import Use
from tocsin.engine.claimer import Claimer
from tocsin.engine.composing import Composer
from tocsin.engine.consequence import BROKEN, THROTTLED, Consequence
from tocsin.engine.prober import Prober
from tocsin.engine.ready import Prepared
from tocsin.engine.recorder import Recorder
from tocsin.engine.relay import Relay
from tocsin.engine.responselog import ResponseLog
from tocsin.engine.route import Route, carriers
from tocsin.engine.storethread import StoreThread
from tocsin.engine.supply import Supply
from tocsin.engine.tester import Tester
from tocsin.faults.fault import Finding
from tocsin.mail.relay import RelayConnection, RelayFailure, SendOutcome

_SLOW_BATCH = 8
"""Messages at once of those that may hold others up."""
_STALLED_S = 3.0
"""Messages behind one that takes so long are taken back and go over another connection."""
_TOO_MANY = "smtp.too-many-connections"
_PROOF = 3
"""So many messages in a row on which a connection broke prove it of the relay."""
_LOOK_S = 1.0
"""The outbox is looked at so often, whether anybody said that something is new or not."""

_log = structlog.get_logger("sender")


@dataclass(frozen=True, slots=True)
class Policy:
    """What is done with deliveries whatever the relay."""

    hold_doubted: bool = False
    """One that may have been taken is held, instead of being sent again."""


class Sender:
    """Empties the outbox to the relays until it is stopped."""

    def __init__(
        self,
        *,
        store: StoreThread,
        owner: str,
        composer: Composer,
        log: ResponseLog,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._store = store
        self._owner = owner
        self._clock = clock
        self._policy = Policy()
        self._routes: list[Route] = []
        self._changed = asyncio.Event()
        self._recorder = Recorder(store, owner, log)
        claimer = Claimer(store, owner, clock)
        self._supply = Supply(
            store=store,
            composer=composer,
            claimer=claimer,
            recorder=self._recorder,
            clock=clock,
            changed=self._changed.set,
        )
        self._prober = Prober(store, self._recorder, self.wake)
        self._tester = Tester(store, claimer, composer, self._recorder, clock)
        self._tasks: asyncio.TaskGroup | None = None
        self._stopping = False
        self._slow_turn = False

    # What it is told

    async def use_relays(self, relays: Sequence[Relay], policy: Policy | None = None) -> None:
        """Send by these relays from now on, in this order of preference.

        One that is as before keeps its connections and what is known of it, also when the
        account behind it allows more or less by now. What was
        learnt of one that has changed is forgotten, its connections end with what they
        carry, and it is tried at once, since the change may be the cure.
        """
        self._policy = policy or self._policy
        known = {one.name: one for one in self._routes}
        remembered = await self._store.insist(
            ledger.remembered, [one.settings.name for one in relays]
        )
        routes: list[Route] = []
        for relay in relays:
            route = known.get(relay.settings.name)
            if route is None or not route.adopt(relay):
                route = Route(relay, self._clock)
                route.remember(remembered[route.name])
            routes.append(route)
        dropped = [one for one in self._routes if one not in routes]
        self._routes = routes
        if dropped or len(known) != len(routes):
            self._supply.forget()
        self._supply.routes = self._prober.routes = self._tester.routes = routes
        self.wake()
        for route in dropped:
            await route.close()

    def wake(self) -> None:
        """There may be new deliveries, or something was asked for."""
        self._supply.wake()
        self._changed.set()
        self._tester.wake()
        self._prober.wake()

    async def stop(self) -> None:
        """Begin nothing more: `run` ends when what is under way has been recorded."""
        self._stopping = True
        self._supply.stop()
        self._prober.stop()
        self._tester.stop()
        self.wake()

    async def refresh(self) -> None:
        """Learn what others did meanwhile: how many send, and what relays took from them."""
        share = 1.0 / await self._store.insist(ledger.responders, self._clock.now())
        known = await self._store.insist(ledger.remembered, [one.name for one in self._routes])
        for route in self._routes:
            route.bucket.share = share
            if route.name in known:
                route.quota.load(known[route.name].usage)

    def report(self) -> dict[str, Any]:
        """How the relays do, for the role's line on the page."""
        carrying = carriers(self._routes)
        return {"relays": [route.report(standby=route not in carrying) for route in self._routes]}

    async def run(self) -> None:
        """Fill and empty until stopped."""
        async with asyncio.TaskGroup() as work:
            recording = work.create_task(self._recorder.run())
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                tasks.create_task(self._supply.run())
                tasks.create_task(self._dispatch())
                tasks.create_task(self._prober.run())
                tasks.create_task(self._tester.run())
            for route in self._routes:
                await route.close()
            self._recorder.end()
            await recording

    async def _dispatch(self) -> None:
        """Give messages to connections whenever there are some of both."""
        while True:
            self._changed.clear()
            if not self._stopping:
                wait = self._assign()
                self._close_worn()
            elif not any(route.carrying for route in self._routes):
                return
            else:
                wait = _LOOK_S
            await _wait(self._changed, wait)

    def _assign(self) -> float:
        """Start what can be started; gives the seconds after which to look again."""
        wait = _LOOK_S
        for route in carriers(self._routes):
            while self._start_one(route):
                pass
            if self._supply.ready:
                wait = min(wait, route.bucket.wait(self._clock.monotonic()) or wait)
        self._supply.wake()
        return max(wait, 0.001)

    def _start_one(self, route: Route) -> bool:
        """Give a batch to one connection of this route; False when that cannot be now."""
        trying = route.breaker.use is Use.TRYING
        waiting = len(self._supply.ready)
        if not waiting or (trying and route.carrying):
            return False
        both = bool(self._supply.ready.slow) and bool(self._supply.ready.quick)
        wanted = max(route.wanted(waiting), 2 if both and not trying else 1)
        wanted = min(wanted, route.most_connections)
        if route.carrying - route.stalled >= wanted or route.carrying >= route.most_connections:
            return False
        room = route.room()
        if room == 0 and route.quota_is_used():
            self._pause(route, route.used_up())
            return False
        slow = self._choose_lane(route, wanted)
        if slow is None:
            return False
        most = route.batch(_SLOW_BATCH if slow else None)
        batch = self._supply.ready.lane(slow=slow).take(most, room)
        if not batch:
            return False
        route.take(batch, slow=slow)
        assert self._tasks is not None
        self._tasks.create_task(self._carry(route, batch, slow=slow))
        return True

    def _choose_lane(self, route: Route, wanted: int) -> bool | None:
        """Whether the slow lane is next; None when neither can be."""
        slow_may = bool(self._supply.ready.slow) and route.carrying_slow < max(1, wanted // 2)
        quick_may = bool(self._supply.ready.quick)
        if not slow_may and not quick_may:
            return None
        self._slow_turn = slow_may and (not quick_may or not self._slow_turn)
        return self._slow_turn

    async def _carry(self, route: Route, batch: Sequence[Prepared], *, slow: bool) -> None:
        connection: RelayConnection | None = None
        try:
            connection = route.idle_connection() or await self._open(route, batch)
            if connection is not None:
                # One that may carry only so many more leaves the others to the next.
                fit, rest = batch[: connection.room], batch[connection.room :]
                route.give_back(rest)
                self._supply.put_back(rest)
                await self._send(route, connection, fit)
        finally:
            route.carried(slow=slow)
            if connection is not None:
                kept = connection.usable and route in self._routes and not self._stopping
                if kept:
                    route.idle.append(connection)
                else:
                    await connection.close()
            self._changed.set()

    def _close_worn(self) -> None:
        assert self._tasks is not None
        for route in self._routes:
            for connection in route.worn():
                self._tasks.create_task(connection.close())  # a relay may be slow to say goodbye

    async def _open(self, route: Route, batch: Sequence[Prepared]) -> RelayConnection | None:
        """A connection; None after the failure has been recorded and the relay paused."""
        started_at, began = self._clock.now(), self._clock.monotonic()
        connection = RelayConnection(route.relay.settings, route.memory)
        try:
            await connection.open()
        except RelayFailure as failure:
            await self._no_connection(route, batch, failure, connection.id, started_at, began)
            return None
        await self._store.insist(ledger.keep_connection, connection.id, connection.evidence)
        return connection

    async def _no_connection(
        self,
        route: Route,
        batch: Sequence[Prepared],
        failure: RelayFailure,
        connection_id: str,
        started_at: Instant,
        began: float,
    ) -> None:
        route.give_back(batch)
        await self._store.insist(ledger.keep_connection, connection_id, failure.evidence)
        if failure.finding.code == _TOO_MANY and route.connections > 1:
            # It takes mail over the others: there are only too many of them.
            self._supply.put_back(batch)
            return
        first, rest = batch[0], batch[1:]
        self._pause(route, failure.finding, began)
        self._supply.put_back(rest)
        if await self._supply.claim([first], route.relay):
            result = consequence.of_no_connection(
                first.outgoing,
                failure.finding,
                connection_id,
                first.outgoing.attempts + 1,
                started_at,
                self._clock.now(),
            )
            self._recorder.add(route, result.outcome)
            await self._recorder.flush()

    async def _send(
        self, route: Route, connection: RelayConnection, batch: Sequence[Prepared]
    ) -> None:
        mine = await self._supply.claim(batch, route.relay)
        claimed = {one.outgoing.id for one in mine}
        route.give_back([one for one in batch if one.outgoing.id not in claimed])
        began = last = self._clock.monotonic()
        stalled = False
        freed: list[Prepared] = []

        def settle(outcomes: Sequence[tuple[int, SendOutcome]]) -> None:
            nonlocal last
            now = self._clock.monotonic()
            for index, sent in outcomes:
                if sent.untried:
                    freed.append(mine[index])
                else:
                    self._settle(route, mine[index], sent, connection.id, began)
                    self._supply.ready.took(mine[index].envelope, now - last, now)
                    last = now
            if stalled and freed and self._tasks is not None:
                self._tasks.create_task(self._free(route, freed))

        async def free_stalled() -> None:
            """Let the messages behind one that the relay does not answer for go elsewhere."""
            nonlocal stalled
            while True:
                await asyncio.sleep(_STALLED_S / 2)
                silent = self._clock.monotonic() - last >= _STALLED_S
                if silent and not stalled:
                    stalled = True
                    route.stalled += 1
                    connection.forgo_rest()
                    self._changed.set()

        watching = asyncio.create_task(free_stalled())
        try:
            sent = await connection.deliver([one.envelope for one in mine], settle)
        finally:
            watching.cancel()
            route.stalled -= stalled
        await self._recorder.flush()
        await self._free(route, freed)
        reason = sent[0].finding if sent and all(one.untried for one in sent) else None
        if reason is not None and not connection.reused:
            self._pause(route, reason, began)  # nothing could be said over a new connection

    async def _free(self, route: Route, freed: list[Prepared]) -> None:
        """Give messages back of which nothing was said to the relay."""
        if freed:
            ids = [one.outgoing.id for one in freed]
            route.give_back(freed)
            freed.clear()
            await self._store.insist(ledger.release, ids, self._owner)
            self._supply.wake()

    def _settle(
        self, route: Route, one: Prepared, sent: SendOutcome, connection_id: str, began: float
    ) -> None:
        """A message has ended: what that means for it and for the relay."""
        result = consequence.of_send(
            one.outgoing,
            sent,
            connection_id,
            one.outgoing.attempts + 1,
            hold_doubted=self._policy.hold_doubted,
        )
        self._recorder.add(route, result.outcome)
        if sent.ok:
            self._accepted(route, result, began)
        fault = result.relay_fault
        if fault is None:
            return
        if fault.code == THROTTLED:
            self._throttled(route)
            return
        if fault.code in BROKEN:
            route.broke_on.add(one.outgoing.id)
            if len(route.broke_on) < _PROOF:
                return
        self._pause(route, fault, began)

    def _accepted(self, route: Route, result: Consequence, began: float) -> None:
        route.quota.add(result.outcome.taken, self._clock.now())
        route.broke_on.clear()
        if route.bucket.accepted(result.outcome.taken, self._clock.monotonic()):
            self._recorder.note(route)
        if route.breaker.succeed(began):
            _log.info("relay takes mail again", relay=route.name)
            self._recorder.note(route)
            self._changed.set()

    def _throttled(self, route: Route) -> None:
        if route.bucket.refused(self._clock.monotonic()):
            _log.warning("relay asks for less", relay=route.name, rate=route.bucket.learnt)
            self._recorder.note(route)

    def _pause(self, route: Route, finding: Finding, began: float | None = None) -> None:
        breaker = route.breaker
        if began is not None and breaker.use is Use.PAUSED and began <= breaker.failed_at:
            return  # the same failure, heard of over another connection
        breaker.fail(finding)
        if not carriers(self._routes):
            self._supply.forget()
        _log.warning(
            "relay paused",
            relay=route.name,
            code=finding.code,
            probe_in_s=round(breaker.probe_in, 1),
        )
        self._recorder.note(route)
        self._prober.wake()


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
