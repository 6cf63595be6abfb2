"""What came of attempts, written in batches, soon after it is known."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from tocsin.engine import ledger
from tocsin.engine.ledger import Accepted, RelayRecord
from tocsin.engine.responselog import ResponseLog
from tocsin.engine.route import Route
from tocsin.engine.storethread import StoreThread
from tocsin.store.queries.outbox import Outcome

_SOON_S = 0.05
"""Outcomes that come within so many seconds are written in one transaction …"""
_ENOUGH = 128
"""… unless there are so many already."""

_log = structlog.get_logger("sender")


@dataclass(frozen=True, slots=True)
class _Result:
    relay: str | None
    outcome: Outcome


class Recorder:
    """Takes outcomes as they come, and says when they are stored."""

    def __init__(self, store: StoreThread, owner: str, log: ResponseLog) -> None:
        self._store = store
        self._owner = owner
        self._log = log
        self._results: list[_Result] = []
        self._changed: dict[str, Route] = {}
        self._waiting: list[asyncio.Future[None]] = []
        self._some = asyncio.Event()
        self._now = asyncio.Event()
        self._ending = False

    def add(self, route: Route | None, outcome: Outcome) -> None:
        """An attempt has ended; `route` is None when no relay was asked."""
        self._results.append(_Result(route.name if route is not None else None, outcome))
        self._some.set()
        if len(self._results) >= _ENOUGH:
            self._now.set()

    def note(self, route: Route) -> None:
        """What is known of a relay has changed: its pause, or its rate."""
        self._changed[route.name] = route
        self._some.set()
        self._now.set()

    async def flush(self) -> None:
        """Return when everything that was added before is stored."""
        if not self._results and not self._changed and not self._waiting:
            return
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(stored)
        self._some.set()
        self._now.set()
        await stored

    def end(self) -> None:
        """`run` returns once everything is stored."""
        self._ending = True
        self._some.set()
        self._now.set()

    async def run(self) -> None:
        """Write until told to end."""
        while True:
            await self._some.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_SOON_S):
                    await self._now.wait()
            self._some.clear()
            self._now.clear()
            await self._write()
            if self._ending and not self._results and not self._changed:
                return

    async def _write(self) -> None:
        results, self._results = self._results, []
        changed, self._changed = self._changed, {}
        waiting, self._waiting = self._waiting, []
        if results or changed:
            outcomes = [one.outcome for one in results]
            await self._store.insist(
                ledger.record,
                outcomes,
                self._owner,
                accepted=_accepted(results),
                relays=[_relay_record(route) for route in changed.values()],
            )
            await self._store.call(self._log.outcomes, outcomes)
        for stored in waiting:
            if not stored.done():
                stored.set_result(None)


def _accepted(results: Sequence[_Result]) -> list[Accepted]:
    """What each relay took."""
    found: dict[str, Accepted] = {}
    for one in results:
        if one.relay is None or not one.outcome.ok:
            continue
        before = found.get(one.relay, Accepted(one.relay, 0, 0, 0))
        found[one.relay] = Accepted(
            one.relay,
            max(before.at, one.outcome.finished_at),
            before.messages + 1,
            before.recipients + one.outcome.taken,
        )
    return list(found.values())


def _relay_record(route: Route) -> RelayRecord:
    breaker = route.breaker
    return RelayRecord(
        name=route.name,
        host=route.relay.settings.host,
        paused_at=breaker.paused_at,
        finding=breaker.finding,
        failures=breaker.failures,
        probe_at=breaker.probe_at,
        telling=breaker.telling,
        learnt_rate=route.bucket.learnt,
    )
