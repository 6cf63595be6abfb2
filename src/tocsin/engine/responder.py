"""The responder: decides about transitions, empties the outbox, keeps time."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
from collections.abc import Mapping

import structlog
from django.db import transaction

from tocsin.base.clock import DAY, SECOND, SYSTEM_CLOCK, Instant
from tocsin.base.home import Home
from tocsin.engine import nudge, rehearsal, seslimits
from tocsin.engine.accept import close_quiet
from tocsin.engine.arrivalwatch import ArrivalWatch
from tocsin.engine.chainwatch import ChainWatch
from tocsin.engine.claimer import LEASE
from tocsin.engine.composer import MessageComposer
from tocsin.engine.configuration import Version, current
from tocsin.engine.deathwatch import end_with_parent
from tocsin.engine.decide import Outdated, decide
from tocsin.engine.feedbackpoll import FeedbackPoll
from tocsin.engine.readiness import announce
from tocsin.engine.rehearsal import RehearsalFacts
from tocsin.engine.relay import Limits, relays
from tocsin.engine.response import Response
from tocsin.engine.responselog import ResponseLog
from tocsin.engine.role import RunningRole
from tocsin.engine.sender import Policy, Sender
from tocsin.engine.seswatch import SesWatch
from tocsin.engine.storethread import StoreThread
from tocsin.store.queries import counters, operation, outbox, reports
from tocsin.store.sqlite.checkpoint import checkpoint

ROLE = "responder"
_POLL_S = 1.0
_HOUSEKEEPING_S = 5.0
_FINISH_S = 3.0
"""How long deliveries under way may take when the role is asked to end."""
_TIDY_S = 1.0
_GATHERED_S = 0.5
"""How late a digest may be."""
_SET_CLOCK: Instant = 10 * SECOND
"""A clock that moved so much by itself was set."""
_TALLIED: Instant = 8 * DAY
"""How long it is kept what went when."""
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
        self._composer = MessageComposer()
        self._sender = Sender(
            store=self._store, owner=role.owner, composer=self._composer, log=self._log
        )
        self._chains = ChainWatch(self._store)
        self._arrival = ArrivalWatch(self._store, wake_sender=self._sender.wake)
        self._feedback = FeedbackPoll(self._store)
        self._ses = SesWatch(self._store)
        self._woken = asyncio.Event()
        self._response: Response | None = None
        self._stand_in: RehearsalFacts | None = None
        self._failure = ""
        self._policy = Policy()
        self._adopted: Version | None = None
        self._adopting = asyncio.Lock()
        """Held while the sender is told of relays: limits must not bring back those of before."""
        self._limits: Mapping[str, Limits] = {}
        """What the accounts behind the relays allow, as it was seen last."""
        self._ahead: Instant | None = None
        """How far the wall clock was ahead of the monotonic one."""
        self._seen = 0
        """The latest version there is, whether it could be taken over or not."""

    async def run(self) -> None:
        listening = await nudge.listen(ROLE, self._woken)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await self._take_over()
        await self._store.insist(self._take_back)
        announce(ROLE)
        work = [
            asyncio.create_task(self._decide(), name="decide"),
            asyncio.create_task(self._sender.run(), name="send"),
            asyncio.create_task(self._keep_house(), name="keep house"),
            asyncio.create_task(self._let_go(), name="let go"),
            asyncio.create_task(self._tidy(), name="tidy"),
            asyncio.create_task(self._chains.run(), name="watch chains"),
            asyncio.create_task(self._feedback.run(), name="feedback"),
            asyncio.create_task(self._arrival.run(), name="arrival"),
            asyncio.create_task(self._ses.run(), name="watch amazon ses"),
        ]
        stopping = asyncio.create_task(stop.wait(), name="stop")
        try:
            done, _ = await asyncio.wait([*work, stopping], return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stopping}:
                task.result()  # a loop that ended has failed: say so by ending too
            # What is on its way is finished and recorded; what is not, is in doubt.
            self._chains.stop()
            self._feedback.stop()
            self._arrival.stop()
            self._ses.stop()
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
        stand_in = rehearsal.stand_in(self._home)
        changed = self._response is None or latest.number != self._response.version
        if changed or stand_in != self._stand_in:
            self._stand_in = stand_in
            await self._adopt(latest)
        await self._store.insist(self._report)

    async def _adopt(self, latest: Version) -> None:
        async with self._adopting:
            await self._adopt_alone(latest)

    async def _adopt_alone(self, latest: Version) -> None:
        try:
            response = Response(latest.number, latest.configuration)
            limits = await self._store.insist(seslimits.limits, latest.configuration)
            by = relays(self._home, latest.configuration, limits)
        except Exception as error:  # noqa: BLE001 -- whatever is wrong with a version
            # The version before stays in force; the page says why this one is not.
            _log.exception("configuration not taken over", version=latest.number)
            self._failure = f"version {latest.number}: {error}"
            return
        self._failure = ""
        self._adopted, self._limits = latest, limits
        self._response = response
        self._composer.adopt(response)
        self._policy = Policy(hold_doubted=latest.configuration.outbox.in_doubt == "hold")
        await self._sender.use_relays(by, self._policy)
        await self._chains.use_relays(by)
        await self._ses.use(latest.configuration)
        _log.info("configuration taken over", version=latest.number)

    async def _keep_to_limits(self) -> None:
        """What an account allows has changed, or others sent by it: the sender keeps to that."""
        async with self._adopting:
            if self._adopted is None:
                return
            configuration = self._adopted.configuration
            limits = await self._store.insist(seslimits.limits, configuration)
            if limits == self._limits:
                return
            try:
                by = relays(self._home, configuration, limits)
            except (OSError, ValueError) as error:  # the rehearsal is just being ended, say
                _log.warning("limits not taken over", error=str(error))
                return
            self._limits = limits
            await self._sender.use_relays(by, self._policy)

    def _report(self) -> None:
        version = self._response.version if self._response is not None else 0
        self._role.report(
            applied_version=version,
            ready=True,
            failure=self._failure,
            detail=self._sender.report(),
        )

    async def _keep_house(self) -> None:
        while True:
            await self._notice_set_clock()
            await self._store.insist(outbox.renew_leases, self._role.owner, _now() + LEASE)
            await self._store.insist(self._take_back)
            while await self._store.insist(close_quiet) > 0:
                self._woken.set()
            await self._store.insist(_expire)
            await self._store.insist(_forget)
            await self._keep_to_limits()
            await self._sender.refresh()
            await asyncio.sleep(_HOUSEKEEPING_S)

    async def _notice_set_clock(self) -> None:
        """A clock that is set must not end alarms before their time, nor keep them longer."""
        ahead = _now() - int(SYSTEM_CLOCK.monotonic() * SECOND)
        step, self._ahead = ahead - (self._ahead or ahead), ahead
        if abs(step) < _SET_CLOCK:
            return
        _log.warning("the clock was set", step_s=round(step / SECOND))
        if step > 0:
            await self._store.insist(reports.shift_quiet, step, _now() - step)
        else:
            await self._store.insist(reports.shift_quiet_back, -step, _now())

    async def _tidy(self) -> None:
        """Keep the embedded store's log short."""
        while True:
            try:
                await asyncio.to_thread(checkpoint)
            except (OSError, sqlite3.Error) as error:  # a full disk is told by who must write
                _log.warning("the store's log was not moved", error=str(error))
            await asyncio.sleep(_TIDY_S)

    async def _let_go(self) -> None:
        """Release what has gathered for long enough."""
        while True:
            if await self._store.insist(_release_gathered):
                self._sender.wake()
            await asyncio.sleep(_GATHERED_S)

    def _take_back(self) -> None:
        with transaction.atomic():
            taken = outbox.take_back(
                _now(), self._role.node, self._role.owner, hold=self._policy.hold_doubted
            )
            counters.add_deliveries(((kind, state) for _, kind, _, state in taken), _now())
        if taken:
            _log.warning("deliveries in doubt", count=len(taken), held=self._policy.hold_doubted)


def _release_gathered() -> int:
    with transaction.atomic():
        released = outbox.release_gathered(_now())
        counters.add_deliveries(((kind, "queued") for kind in released), _now())
    return len(released)


def _expire() -> None:
    with transaction.atomic():
        expired = outbox.expire(_now(), _BATCH)
        counters.add_deliveries(((kind, "failed") for _, kind in expired), _now())


def _forget() -> None:
    """Drop what is only kept to be drawn, or counted for a day."""
    counters.forget_tallies(_now() - _TALLIED)
    operation.forget_usage(_now() - _TALLIED)


def _now() -> int:
    return SYSTEM_CLOCK.now()
