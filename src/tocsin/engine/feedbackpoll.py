"""Fetching feedback from the queue, and what else feedback needs done now and then."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import structlog
from django.db import transaction

from tocsin.base.backoff import Backoff
from tocsin.base.clock import MINUTE, SYSTEM_CLOCK, Clock, Instant
from tocsin.central.ses import Ses
from tocsin.engine import feedback, sesalarm, systemalarm
from tocsin.engine.aside import aside
from tocsin.engine.configuration import current
from tocsin.engine.sesclient import client_of
from tocsin.engine.storethread import StoreThread
from tocsin.engine.systemalarm import SystemAlarm
from tocsin.faults.fault import Finding
from tocsin.ses import sqs
from tocsin.ses.aws import Aws, AwsFailure
from tocsin.ses.envelope import unwrap
from tocsin.ses.event import Event, Malformed
from tocsin.ses.sqs import QueueMessage
from tocsin.store.queries import feedback as queries

T = TypeVar("T")

_LEAST_S = 1.0
"""An empty answer that came sooner is not asked for again at once."""
_IDLE_S = 5.0
"""How often it is looked whether a queue is configured by now."""
_TIDY_S = 5.0
_FORGET_EACH = 60
"""Old rows are dropped each time so many rounds of tidying are over."""
_AGAIN = Backoff(first=2, ceiling=300)
TELL_AFTER: Instant = 5 * MINUTE
"""How long fetching must have failed before somebody is told."""

_log = structlog.get_logger("feedback")


@dataclass(frozen=True, slots=True)
class _Queue:
    url: str
    aws: Aws


class FeedbackPoll:
    """The fetching of one responder; several may fetch from one queue.

    A message is deleted after what it says is stored, never before: at worst it is given
    again, and says nothing new then.
    """

    def __init__(
        self,
        store: StoreThread,
        *,
        clock: Clock = SYSTEM_CLOCK,
        wait_s: int = sqs.WAIT_S,
        tell_after: Instant = TELL_AFTER,
    ) -> None:
        self._store = store
        self._clock = clock
        self._wait_s = wait_s
        self._tell_after = tell_after
        self._failing_since: Instant | None = None
        self._told: bool | None = None
        """Whether an alarm goes on; None: not known, as another process may have raised it."""
        self._stopping = asyncio.Event()
        self._queue: _Queue | None = None
        self._made_for: tuple[int, Ses] | None = None
        self._failures = 0
        self.trouble: Finding | None = None
        """Why nothing can be fetched now."""

    def stop(self) -> None:
        """`run` ends soon; what was received and not stored stays in the queue."""
        self._stopping.set()

    async def run(self) -> None:
        """Fetch and tidy until stopped."""
        tidying = asyncio.create_task(self._tidy(), name="tidy feedback")
        try:
            while not self._stopping.is_set():
                await self._store.insist(self._adopt)
                if self._queue is None:
                    await self._well()
                    await self._rest(_IDLE_S)
                else:
                    await self._fetch_or_rest(self._queue)
        finally:
            tidying.cancel()
            await asyncio.gather(tidying, return_exceptions=True)

    def _adopt(self) -> None:
        """Work with the queue, key and trust store of the latest version."""
        version = current()
        ses = version.configuration.ses
        if ses is None or ses.queue is None:
            self._queue = self._made_for = None
        elif self._made_for != (version.number, ses):
            aws = client_of(version.configuration)
            self._queue = _Queue(ses.queue, aws) if aws is not None else None
            self._made_for = version.number, ses

    async def _fetch_or_rest(self, queue: _Queue) -> None:
        began = self._clock.monotonic()
        try:
            fetched = await self.fetch(queue.aws, queue.url)
        except AwsFailure as failure:
            self._failures += 1
            if self.trouble != failure.finding:
                _log.warning("feedback cannot be fetched", **_told(failure.finding))
            self.trouble = failure.finding
            await self._tell_of(queue.url, failure.finding)
            await self._rest(_AGAIN.delay(self._failures))
        except Exception:  # noqa: BLE001 -- mail goes on, whatever comes out of the queue
            # What was received comes again; no message that cannot be stored ends the responder.
            _log.exception("feedback cannot be taken")
            self._failures += 1
            await self._rest(_AGAIN.delay(self._failures))
        else:
            self._failures = 0
            await self._well()
            if not fetched and 0 <= self._clock.monotonic() - began < _LEAST_S:
                # A queue that does not wait for a message would be asked without end.
                await self._rest(_LEAST_S)

    async def _tell_of(self, queue: str, finding: Finding) -> None:
        """Raise the alarm, or repeat it, once fetching has failed for long enough."""
        at = self._clock.now()
        # Never ahead of now: the clock may have been put back since.
        self._failing_since = min(at, self._failing_since or at)
        if at - self._failing_since < self._tell_after:
            return
        alarm = sesalarm.cannot_fetch(queue, finding)
        await self._store.insist(_raise, alarm, self._clock)
        self._told = True

    async def _well(self) -> None:
        """Nothing stands in the way of fetching: an alarm about it is over."""
        self.trouble = self._failing_since = None
        if self._told is not False:
            await self._store.insist(_end, sesalarm.FEEDBACK_KEY, self._clock)
            self._told = False

    async def fetch(self, aws: Aws, queue: str) -> int:
        """Receive once, store, delete; gives how many messages there were.

        Raises:
            AwsFailure: the queue could not be asked.
        """
        wait_s = self._wait_s
        messages = await self._aside(lambda: sqs.receive(aws, queue, wait_s=wait_s))
        if messages is None or not messages:
            return 0
        await self._store.insist(store, messages, self._clock)
        left = await self._aside(lambda: sqs.delete(aws, queue, messages))
        if left:
            _log.warning("messages were not deleted and come again", count=left)
        return len(messages)

    async def _aside(self, work: Callable[[], T]) -> T | None:
        return await aside(work, self._stopping, "feedback")

    async def _tidy(self) -> None:
        rounds = 0
        while True:
            while await self._store.insist(feedback.match_waiting, clock=self._clock) > 0:
                pass
            rounds += 1
            if rounds % _FORGET_EACH == 1:
                vain = await self._store.insist(feedback.forget, clock=self._clock)
                if vain:
                    _log.info("feedback of no mail of ours was dropped", count=vain)
            await asyncio.sleep(_TIDY_S)

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()


def store(messages: Sequence[QueueMessage], clock: Clock = SYSTEM_CLOCK) -> None:
    """Store what messages of a queue say; what cannot be read is kept with the reason."""
    events: list[Event] = []
    bad: list[tuple[str, str]] = []
    for one in messages:
        try:
            found = unwrap(one.body)
        except Malformed as problem:
            bad.append((str(problem), one.body))
            continue
        if found.event is not None:
            events.append(found.event)
    with transaction.atomic():
        queries.quarantine(bad, "sqs", clock.now())
        feedback.take_within(events, channel="sqs", clock=clock)
    for reason, _ in bad:
        _log.warning("feedback cannot be read and is kept aside", reason=reason)


def _raise(alarm: SystemAlarm, clock: Clock) -> None:
    with transaction.atomic():
        systemalarm.tell([alarm], clock=clock)


def _end(key: str, clock: Clock) -> None:
    with transaction.atomic():
        systemalarm.over([key], clock=clock)


def _told(finding: Finding) -> dict[str, str]:
    return {"code": finding.code, **finding.facts}
