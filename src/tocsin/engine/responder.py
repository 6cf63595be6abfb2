"""The responder: decides about transitions, empties the outbox, keeps time."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter

import structlog
from django.db import transaction

from tocsin.base.clock import SYSTEM_CLOCK
from tocsin.base.home import Home
from tocsin.engine import nudge
from tocsin.engine.accept import close_quiet
from tocsin.engine.composer import MessageComposer
from tocsin.engine.configuration import Version, current
from tocsin.engine.deathwatch import end_with_parent
from tocsin.engine.decide import Outdated, decide
from tocsin.engine.readiness import announce
from tocsin.engine.relay import relay_settings
from tocsin.engine.response import Response
from tocsin.engine.responselog import ResponseLog
from tocsin.engine.role import RunningRole
from tocsin.engine.sender import LEASE, Sender
from tocsin.engine.storethread import StoreThread
from tocsin.store.queries import counters, outbox

ROLE = "responder"
_POLL_S = 1.0
_HOUSEKEEPING_S = 5.0
_FINISH_S = 3.0
"""How long deliveries under way may take when the role is asked to end."""
_BATCH = 500

_log = structlog.get_logger(ROLE)


def run(home: Home) -> None:
    """Be the responder of this home until SIGTERM.

    Raises:
        AlreadyRunning: this home has one.
    """
    end_with_parent()
    role = RunningRole(home, ROLE)
    role.take_place()
    asyncio.run(_Responder(home, role).run())


class _Responder:
    def __init__(self, home: Home, role: RunningRole) -> None:
        self._home = home
        self._role = role
        self._store = StoreThread()
        self._log = ResponseLog(home.logs / "response.log")
        self._composer = MessageComposer(home)
        self._sender = Sender(
            store=self._store, owner=role.owner, composer=self._composer, log=self._log
        )
        self._woken = asyncio.Event()
        self._response: Response | None = None
        self._failure = ""
        self._seen = 0
        """The latest version there is, whether it could be taken over or not."""

    async def run(self) -> None:
        listening = await nudge.listen(ROLE, self._woken)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await self._store.insist(self._take_back)
        await self._take_over()
        announce(ROLE)
        work = [
            asyncio.create_task(self._decide(), name="decide"),
            asyncio.create_task(self._sender.run(), name="send"),
            asyncio.create_task(self._keep_house(), name="keep house"),
        ]
        stopping = asyncio.create_task(stop.wait(), name="stop")
        try:
            done, _ = await asyncio.wait([*work, stopping], return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stopping}:
                task.result()  # a loop that ended has failed: say so by ending too
            # What is on its way is finished and recorded; what is not, is in doubt.
            await self._sender.stop()
            await asyncio.wait([work[1]], timeout=_FINISH_S)
        finally:
            for task in [*work, stopping]:
                task.cancel()
            await asyncio.gather(*work, stopping, return_exceptions=True)
            listening.close()
            # What was claimed and not recorded comes back by itself at the next start.
            await self._store.close()

    async def _decide(self) -> None:
        while True:
            self._woken.clear()
            await self._take_over()
            decided = 0
            if self._response is not None:
                try:
                    decided, queued = await self._store.insist(
                        decide, self._response, _BATCH, seen=self._seen
                    )
                except Outdated:
                    continue
                if queued:
                    self._sender.wake()
            if decided < _BATCH:
                await self._rest()

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(_POLL_S):
                await self._woken.wait()
        except TimeoutError:
            pass
        self._sender.wake()

    async def _take_over(self) -> None:
        """Work with the latest configuration version, and say so once it is true."""
        latest = await self._store.insist(current)
        self._seen = latest.number
        if self._response is None or latest.number != self._response.version:
            await self._adopt(latest)
        await self._store.insist(self._report)

    async def _adopt(self, latest: Version) -> None:
        before = self._response.configuration if self._response is not None else None
        try:
            response = Response(latest.number, latest.configuration)
            relay = relay_settings(self._home, latest.configuration)
        except Exception as error:  # noqa: BLE001 -- whatever is wrong with a version
            # The version before stays in force; the page says why this one is not.
            _log.exception("configuration not taken over", version=latest.number)
            self._failure = f"version {latest.number}: {error}"
            return
        self._failure = ""
        self._response = response
        self._composer.adopt(response)
        if before is None or relay_settings(self._home, before) != relay:
            self._sender.use_relay(relay)
        _log.info("configuration taken over", version=latest.number)

    def _report(self) -> None:
        version = self._response.version if self._response is not None else 0
        self._role.report(applied_version=version, ready=True, failure=self._failure)

    async def _keep_house(self) -> None:
        while True:
            await self._store.insist(outbox.renew_leases, self._role.owner, _now() + LEASE)
            await self._store.insist(self._take_back)
            while await self._store.insist(close_quiet) > 0:
                self._woken.set()
            await self._store.insist(_expire)
            await asyncio.sleep(_HOUSEKEEPING_S)

    def _take_back(self) -> None:
        with transaction.atomic():
            taken = outbox.take_back(_now(), self._role.node, self._role.owner)
            counters.add(
                Counter(
                    (
                        "tocsin_deliveries_total",
                        f'kind="{kind}",state="{"unknown" if is_test else "retrying"}"',
                    )
                    for _, kind, _, is_test in taken
                )
            )
        if taken:
            _log.warning("deliveries in doubt are sent again, marked", count=len(taken))


def _expire() -> None:
    with transaction.atomic():
        expired = outbox.expire(_now(), _BATCH)
        counters.add(
            Counter(
                ("tocsin_deliveries_total", f'kind="{kind}",state="failed"') for _, kind in expired
            )
        )


def _now() -> int:
    return SYSTEM_CLOCK.now()
