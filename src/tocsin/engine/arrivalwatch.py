"""The arrival probe at work: canaries go out on a schedule, and the mailbox is looked at."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import structlog

from tocsin.base.clock import SYSTEM_CLOCK, Clock
from tocsin.base.home import Home
from tocsin.central.arrival import Arrival
from tocsin.engine import arrivalledger, rehearsal
from tocsin.engine.arrivalledger import Plan
from tocsin.engine.arrivallook import Look, Sighted, settings_of
from tocsin.engine.aside import aside
from tocsin.engine.configuration import Version, current
from tocsin.engine.storethread import StoreThread
from tocsin.faults.fault import Finding
from tocsin.mail.imap.failure import MailboxFailure
from tocsin.store.queries import arrival as queries

POLL_S = 2.0
_log = structlog.get_logger("arrival")


def is_resting(home: Home) -> bool:
    """Whether the rehearsal relay stands in: what it takes comes to no mailbox."""
    return rehearsal.is_stand_in_run() or rehearsal.stand_in(home) is not None


class ArrivalWatch:
    """The probe of one responder.

    What is due stands in the store: several responders share it, and each canary and each
    look is one's alone.
    """

    def __init__(
        self,
        store: StoreThread,
        *,
        wake_sender: Callable[[], None] = lambda: None,
        clock: Clock = SYSTEM_CLOCK,
        poll_s: float = POLL_S,
    ) -> None:
        self._store = store
        self._wake_sender = wake_sender
        self._clock = clock
        self._poll_s = poll_s
        self._stopping = asyncio.Event()
        self._adopted: tuple[int, int] | None = None
        self._probing = False
        self._trouble: str | None = None

    def stop(self) -> None:
        """`run` ends soon; a look that is under way is given up."""
        self._stopping.set()

    async def run(self) -> None:
        """Send and look until stopped."""
        while not self._stopping.is_set():
            try:
                await self.step()
            except Exception:  # noqa: BLE001 -- the probe outlives any one look
                _log.exception("the arrival probe failed")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._poll_s):
                    await self._stopping.wait()

    async def step(self) -> None:
        """Do once whatever is due."""
        version = await self._store.insist(current)
        key = version.number, version.created_at
        if key != self._adopted:
            self._probing = await self._store.insist(arrivalledger.adopt, version, self._clock)
            self._adopted = key
        arrival = version.configuration.arrival
        if not self._probing or arrival is None or is_resting(Home.of_environment()):
            return
        await self._store.insist(arrivalledger.note_accepted, self._clock)
        if await self._store.insist(arrivalledger.send_due, version, self._clock):
            self._wake_sender()
        plan = await self._store.insist(arrivalledger.plan, arrival, self._clock)
        if plan is not None:
            await self._look(version, arrival, plan)

    async def _look(self, version: Version, arrival: Arrival, plan: Plan) -> None:
        settings = settings_of(version.configuration)
        if settings is None:  # pragma: no cover -- no document without a password is taken
            return
        look = Look(settings, self._clock)
        sighted: dict[str, Sighted] | None = {}
        failure: Finding | None = None
        try:
            try:
                sighted = await aside(
                    lambda: look.find(plan.sought, junk=plan.junk), self._stopping, "arrival"
                )
            except MailboxFailure as trouble:
                failure = trouble.finding
            if sighted is None:
                # Stopped: another may look at once.
                at = self._clock.now()
                await self._store.insist(queries.give_up, plan.turn, at)
                return
            self._note(failure)
            counted = await self._store.insist(
                arrivalledger.record, plan, arrival, sighted, failure, self._clock
            )
            # Only what is stored may be deleted: a crash in between costs nothing.
            if counted and failure is None and arrival.delete:
                # One that came while this look was under way is for the next to find.
                waiting = await self._store.insist(queries.waiting_ids)
                await aside(lambda: look.tidy(waiting), self._stopping, "arrival")
        finally:
            await aside(look.close, self._stopping, "arrival")

    def _note(self, failure: Finding | None) -> None:
        code = failure.code if failure is not None else None
        if failure is not None and code != self._trouble:
            _log.warning("the mailbox cannot be read", code=failure.code, **failure.facts)
        self._trouble = code
