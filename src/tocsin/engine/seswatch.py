"""Looking at the account at Amazon SES: every quarter of an hour, when asked, after a change."""

from __future__ import annotations

import asyncio
import contextlib
import random

import structlog

from tocsin.base.clock import SECOND, SYSTEM_CLOCK, Clock, Instant
from tocsin.central.configuration import Configuration
from tocsin.engine import sesledger
from tocsin.engine.aside import aside
from tocsin.engine.sesclient import client_of
from tocsin.engine.sesinterest import basis_of, interest_of
from tocsin.engine.sesledger import JITTER, LEASE, LONGEST
from tocsin.engine.storethread import StoreThread
from tocsin.ses.aws import Aws, AwsFailure
from tocsin.ses.seen import Interest, look
from tocsin.store.queries import sesaccount as queries
from tocsin.store.queries.sesaccount import Turn

SETTLE: Instant = 10 * SECOND
"""How long after a change of the configuration the account is looked at: one change is often
followed by the next."""
_POLL_S = 2.0

_log = structlog.get_logger("ses")


class SesWatch:
    """The watch of one responder.

    When the account is due stands in the store: several responders share it, and a new start
    neither loses nor repeats a look.
    """

    def __init__(
        self, store: StoreThread, *, clock: Clock = SYSTEM_CLOCK, settle: Instant = SETTLE
    ) -> None:
        self._store = store
        self._clock = clock
        self._settle = settle
        self._configuration: Configuration | None = None
        self._aws: Aws | None = None
        self._interest: Interest | None = None
        self._woken = asyncio.Event()
        self._stopping = asyncio.Event()

    async def use(self, configuration: Configuration) -> None:
        """Watch the account of this configuration from now on."""
        before = self._configuration
        self._configuration = configuration
        self._interest = interest_of(configuration)
        self._aws = client_of(configuration)
        soon = self._clock.now() + self._settle
        await self._store.insist(sesledger.keep_watch, configuration, soon, self._clock)
        if self._interest is not None and before is not None and before.ses != configuration.ses:
            # Another secret, say, which is no part of what is stored.
            await self._store.insist(queries.ask, self._interest.region, soon)
        self.wake()

    def wake(self) -> None:
        """The account may be due."""
        self._woken.set()

    def stop(self) -> None:
        """`run` ends soon; a look that is under way is due again later."""
        self._stopping.set()
        self._woken.set()

    async def run(self) -> None:
        """Look whenever it is due, until stopped."""
        while not self._stopping.is_set():
            self._woken.clear()
            await self.look_if_due()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_POLL_S):
                    await self._woken.wait()

    async def look_if_due(self) -> bool:
        """Look once if it is time; gives whether a look of ours counted."""
        configuration, interest, aws = self._configuration, self._interest, self._aws
        if configuration is None or interest is None or aws is None:
            return False
        at = self._clock.now()
        basis = basis_of(interest)
        due = await self._store.insist(queries.due, interest.region, at, LONGEST, basis=basis)
        turn = await self._store.insist(queries.claim, due, at + LEASE) if due else None
        if turn is None:
            return False
        try:
            return await self._look(turn, configuration, interest, aws, at)
        except Exception:  # noqa: BLE001 -- the watch outlives any one look
            # Another may begin when the lease has run out.
            _log.exception("look at the account failed", region=interest.region)
            return False

    async def _look(
        self, turn: Turn, configuration: Configuration, interest: Interest, aws: Aws, at: Instant
    ) -> bool:
        try:
            seen = await aside(lambda: look(aws, interest, at), self._stopping, "ses")
        except AwsFailure as failure:
            finding = failure.finding
            _log.warning(
                "the account cannot be asked",
                code=finding.code,
                exc_info=failure.__cause__,
                **finding.facts,
            )
            return await self._store.insist(
                sesledger.record_failure, turn, configuration, finding, at, self._clock
            )
        if seen is None:
            await self._store.insist(queries.give_up, turn)
            return False
        early = random.randrange(JITTER)  # noqa: S311 -- not for secrets
        counted = await self._store.insist(
            sesledger.record, turn, configuration, seen, early, self._clock
        )
        _log.info("account looked at", region=interest.region, counted=counted)
        return counted
