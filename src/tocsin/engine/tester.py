"""Test Action: one message at once, over a connection of its own, never again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace

from tocsin.base.clock import Clock
from tocsin.engine import consequence, ledger
from tocsin.engine.arrivalmail import relay_of
from tocsin.engine.claimer import Claimer
from tocsin.engine.composing import Composer, NotComposed
from tocsin.engine.consequence import Consequence
from tocsin.engine.recorder import Recorder
from tocsin.engine.route import Route, carriers
from tocsin.engine.storethread import StoreThread
from tocsin.faults.fault import Finding
from tocsin.mail.relay import RelayConnection, RelayFailure
from tocsin.store.queries.outgoing import Outgoing

_STEP_S = 15.0
"""The longest that any step of a Test Action may take."""
_LOOK_S = 1.0
_AT_ONCE = 4


class Tester:
    """Sends what Test Action asked for, by the relay that mail goes to now."""

    def __init__(
        self,
        store: StoreThread,
        claimer: Claimer,
        composer: Composer,
        recorder: Recorder,
        clock: Clock,
    ) -> None:
        self.routes: Sequence[Route] = ()
        self._store = store
        self._claimer = claimer
        self._composer = composer
        self._recorder = recorder
        self._clock = clock
        self._asked = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """Somebody may have asked for a test."""
        self._asked.set()

    def stop(self) -> None:
        """`run` ends after the test that is under way."""
        self._stopping = True
        self._asked.set()

    async def run(self) -> None:
        """Send tests until stopped."""
        while not self._stopping:
            self._asked.clear()
            rows = await self._store.insist(
                ledger.waiting, self._composer, self._clock.now(), _AT_ONCE, tests=True
            )
            for one in rows:
                await self._test(one)
            if not rows:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_S):
                        await self._asked.wait()

    async def _test(self, one: Outgoing) -> None:
        if not await self._claimer.claim([one]):
            return
        route = self._route(one)
        began = self._clock.monotonic()
        result = await self._try(one, route)
        self._recorder.add(route, result.outcome)
        # What a test finds out does not pause the relay; that it works ends a pause.
        if route is not None and result.outcome.ok and route.breaker.succeed(began):
            self._recorder.note(route)
        await self._recorder.flush()

    def _route(self, one: Outgoing) -> Route | None:
        """The way that mail goes now; that of the relay which a canary names, while there is it."""
        named = relay_of(one)
        wanted = [route for route in self.routes if route.name == named]
        return next(iter(wanted or carriers(self.routes) or self.routes), None)

    async def _try(self, one: Outgoing, route: Route | None) -> Consequence:
        number = one.attempts + 1
        started_at = self._clock.now()
        if route is None:
            return consequence.of_no_connection(
                one, Finding("smtp.not-configured"), None, number, started_at, started_at
            )
        try:
            envelope = self._composer.compose(one, route.relay)
        except NotComposed as reason:
            return consequence.of_no_message(one, reason.finding, number, started_at)
        # Somebody waits for the answer: a silent relay must not hold it for minutes.
        settings = route.relay.settings
        patient = replace(settings, deadlines=settings.deadlines.capped(_STEP_S))
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
