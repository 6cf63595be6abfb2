"""Looking at paused relays: whether they can be reached, trusted, and let us in."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace

import structlog

from tocsin.engine import ledger
from tocsin.engine.breaker import Use
from tocsin.engine.recorder import Recorder
from tocsin.engine.route import Route
from tocsin.engine.storethread import StoreThread
from tocsin.mail.relay import RelayConnection, RelayFailure
from tocsin.store.queries import operation

_LOOK_S = 1.0
_STEP_S = 30.0
"""The longest that a step of a probe may take."""

_log = structlog.get_logger("sender")


class Prober:
    """Opens a connection to each paused relay when it is time; no message is risked for it.

    A relay that lets us in is tried with one message; only its 250 ends the pause.
    """

    def __init__(
        self, store: StoreThread, recorder: Recorder, changed: Callable[[], object]
    ) -> None:
        self.routes: Sequence[Route] = ()
        self._store = store
        self._recorder = recorder
        self._changed = changed
        self._woken = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """Something was paused, or somebody asks for a try."""
        self._woken.set()

    def stop(self) -> None:
        """`run` ends after the probe that is under way."""
        self._stopping = True
        self._woken.set()

    async def run(self) -> None:
        """Probe until stopped."""
        while not self._stopping:
            self._woken.clear()
            paused = [one for one in self.routes if one.breaker.use is Use.PAUSED]
            for route in paused:
                await self._heed_request(route)
            due = [one for one in paused if one.breaker.probe_in <= 0]
            for route in due:
                await self._probe(route)
            wait = _LOOK_S if paused else None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._woken.wait()

    async def _heed_request(self, route: Route) -> None:
        """A person may have asked that it be tried now."""
        known = await self._store.insist(operation.relay_state, route.name)
        planned = route.breaker.probe_at
        if known is None or known.probe_at is None or planned is None:
            return
        if known.paused_at == route.breaker.paused_at and known.probe_at < planned:
            route.breaker.try_now()

    async def _probe(self, route: Route) -> None:
        settings = route.relay.settings
        patient = replace(settings, deadlines=settings.deadlines.capped(_STEP_S))
        began = route.breaker.failed_at
        if route.quota_is_used():
            route.breaker.fail(route.used_up())
            self._recorder.note(route)
            return
        connection = RelayConnection(patient, route.memory)
        try:
            await connection.open()
        except RelayFailure as failure:
            await self._store.insist(ledger.keep_probe, connection.id, failure.evidence)
            if route.breaker.failed_at == began:
                route.breaker.fail(failure.finding)
                self._recorder.note(route)
            return
        await self._store.insist(ledger.keep_probe, connection.id, connection.evidence)
        route.breaker.probed()
        route.idle.append(connection)
        _log.info("paused relay lets us in again", relay=route.name)
        self._changed()
