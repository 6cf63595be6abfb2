"""One connection to a relay: opened, used for batches of messages, closed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tocsin.base.clock import Instant, now
from tocsin.base.ids import uuid7
from tocsin.domain.delivery import ConnectionEvidence
from tocsin.faults.catalogue import FAULTS
from tocsin.faults.fault import Scope
from tocsin.mail.envelope import Envelope
from tocsin.mail.relay.approach import Approach
from tocsin.mail.relay.driver import Driver
from tocsin.mail.relay.fault import RelayFailure
from tocsin.mail.relay.leave import NOTICES, Leave
from tocsin.mail.relay.memory import RelayMemory
from tocsin.mail.relay.outcome import SendOutcome, finding_of_message
from tocsin.mail.relay.pace import Pace
from tocsin.mail.relay.results import Results, Told
from tocsin.mail.relay.settings import RelaySettings
from tocsin.mail.smtp.capability import Capabilities
from tocsin.mail.smtp.failure import Closed, ConversationFailure, Refused, Unanswered
from tocsin.mail.smtp.farewell import Farewell
from tocsin.mail.smtp.mailing import Mailing
from tocsin.mail.smtp.reply import ReplyReader
from tocsin.mail.smtp.step import Step
from tocsin.mail.smtp.transaction import Ending, Transaction


class RelayConnection:
    """A connection to a relay; does nothing until `open`.

    One task at a time uses it. It does not close itself when idle: its owner looks at
    `stale`, and at `usable`, which turns False as soon as the relay has taken leave, or
    will before long (`worn`).

    Args:
        settings: of the relay.
        memory: what is known of it, shared with its other connections; without one
            nothing is known and nothing remembered.

    Raises:
        ValueError: the memory is of other settings.
    """

    def __init__(self, settings: RelaySettings, memory: RelayMemory | None = None) -> None:
        self.settings = settings
        self.id = uuid7()
        self._memory = RelayMemory(settings) if memory is None else memory
        self._memory.check(settings)
        self._pace = Pace()
        self._way: Approach | None = None
        self._opened_at: Instant = 0
        self._began = 0.0
        self._idle_from = 0.0
        self._batch: Mailing | None = None  # under way
        self._rested = 0.0  # before it
        self._carried = 0
        self._results: Results | None = None
        self._ready = False
        self._counted = False

    @property
    def usable(self) -> bool:
        """A batch can be handed over now."""
        return self._talks and not self.worn

    @property
    def worn(self) -> bool:
        """It has carried what it may, or lasted as long: its owner closes it."""
        limits = self._memory.limits()
        most = limits.messages_per_connection
        if most is not None and self._carried >= most:
            return True
        return self._began > 0 and self._time() - self._began >= limits.age

    @property
    def room(self) -> int:
        """Most messages that the next batch may hold."""
        most = self._memory.limits().messages_per_connection
        window = self.settings.window
        return window if most is None else max(0, min(window, most - self._carried))

    @property
    def capabilities(self) -> Capabilities:
        """What the relay offers, as said after TLS."""
        return Capabilities() if self._way is None else self._way.capabilities

    @property
    def carried(self) -> int:
        """Messages that the relay answered on this connection, with yes or no."""
        return self._carried

    @property
    def reused(self) -> bool:
        """It has carried a message before: what goes wrong now may be its age."""
        return self._carried > 0

    @property
    def round_trip(self) -> float | None:
        """Seconds from a flight to the first answer to it, smoothed."""
        return self._pace.round_trip

    @property
    def seconds_per_message(self) -> float | None:
        """Seconds for each message that was delivered here, smoothed."""
        return self._pace.seconds_per_message

    @property
    def idle_since(self) -> Instant:
        """When it was last in use."""
        return self._opened_at + int((self._idle_from - self._began) * 1_000_000)

    @property
    def idle_limit(self) -> float:
        """Seconds it may rest before its owner should close it."""
        return self._memory.limits().idle

    @property
    def stale(self) -> bool:
        """It has rested for longer than it may."""
        driver = self._driver
        if driver is not None and driver.busy:
            return False
        return self._time() - self._idle_from >= self.idle_limit

    @property
    def evidence(self) -> ConnectionEvidence:
        """What the connection showed until now; secrets are masked."""
        if self._way is not None:
            return self._way.evidence(self._opened_at)
        settings = self.settings
        return ConnectionEvidence(settings.name, settings.host, settings.port, None, 0)

    async def open(self) -> ConnectionEvidence:
        """Connect, start TLS, verify the relay, sign in; every step within its deadline.

        All addresses of the name are tried until one takes us, those that failed lately
        after the others.

        Raises:
            RelayFailure: with the finding and the evidence gathered until then.
        """
        assert self._way is None, "a connection is opened once"
        self._opened_at = now()
        self._began = self._time()
        self._way = way = Approach(self.settings, self._memory, self.id, self._pace, self._over)
        limit = self.settings.deadlines.opening
        try:
            async with asyncio.timeout(limit):
                await way.go()
        except ConversationFailure as failure:
            raise self._failed(way, failure) from None
        except TimeoutError:
            late = Unanswered(way.step, limit)
            way.note(late.step, "", f"({late.words} altogether)")
            way.failed(late)
            raise self._failed(way, late) from None
        except BaseException:
            self._end(Closed(way.step, "dropped by us"))
            raise
        self._ready = self._counted = True
        self._memory.came()
        self._idle_from = self._time()
        return self.evidence

    async def deliver(
        self, batch: Sequence[Envelope], settled: Told | None = None
    ) -> list[SendOutcome]:
        """Hand over a batch; one outcome for each message, in order.

        Trouble with the relay raises nothing: it is in the outcomes, and `usable` turns
        False. After a refusal that concerns the relay as a whole the rest of the batch
        stays untried. So does what is more than the connection has `room` for.

        Args:
            batch: the messages.
            settled: is called with places and outcomes within milliseconds of a message's
                end, while the rest is still under way; each message is told once, also
                when this call is cancelled. It must be quick, and must not raise.

        Raises:
            ValueError: more messages than `settings.window`.
        """
        if len(batch) > self.settings.window:
            raise ValueError(f"{len(batch)} messages; at most {self.settings.window} at a time")
        way, driver = self._way, self._driver
        mailing = self._mailing(batch[: self.room] if self._talks else batch)
        facts = {} if way is None else way.facts()
        results = Results(batch, mailing, facts, self._opened_at, settled)
        if driver is None or not self._talks:
            loss = driver.loss if driver is not None else None
            results.settle(mailing.lost(loss or Closed(Step.MAIL, "closed"), 0.0))
            return results.finish()
        assert not driver.busy, "one batch at a time"
        began = self._time()
        self._batch, self._rested = mailing, began - self._idle_from
        self._results = results
        results.settle(mailing.begin(driver.at()))
        try:
            await driver.drive(mailing, results.settle)
        except BaseException:
            dropped = Closed(mailing.step, "dropped by us")
            results.settle(mailing.lost(dropped, driver.at()))
            results.finish()
            self._end(dropped)
            raise
        self._conclude(mailing, began)
        return results.finish()

    def forgo_rest(self) -> None:
        """Begin no further message of the batch under way: those are told as untried.

        For an owner who sees that the relay does not answer for the one at hand.
        """
        if self._batch is not None and self._driver is not None and self._results is not None:
            self._results.settle(self._batch.forgo(self._driver.at()))

    async def close(self) -> None:
        """Take leave and end the connection; never takes longer than the deadline for it.

        A batch under way is broken off; its `deliver` returns what is known.
        """
        talks, self._ready = self._talks, False
        way, driver = self._way, self._driver
        if talks and way is not None and driver is not None:
            way.keep_session()
            if not driver.busy:
                await driver.drive(Farewell())
        self._end(Closed(Step.QUIT, "dropped by us"))

    # ------------------------------------------------------------------ small things

    @property
    def _driver(self) -> Driver | None:
        return None if self._way is None else self._way.driver

    @property
    def _talks(self) -> bool:
        driver = self._driver
        return self._ready and driver is not None and driver.alive

    def _time(self) -> float:
        return asyncio.get_running_loop().time()

    def _mailing(self, batch: Sequence[Envelope]) -> Mailing:
        reader = ReplyReader() if self._way is None else self._way.reader
        return Mailing(batch, self.capabilities, reader, carried=self._carried, halts=_halts)

    def _conclude(self, mailing: Mailing, began: float) -> None:
        """A batch is through."""
        self._carried = mailing.carried
        self._idle_from = self._time()
        self._measure(mailing, self._idle_from - began)
        if mailing.failure is not None:
            self._end(mailing.failure)
        self._batch = self._results = None

    def _measure(self, mailing: Mailing, seconds: float) -> None:
        taken = sum(each.ending is Ending.ACCEPTED for each in mailing.transactions)
        for pace in (self._pace, self._memory.pace):
            pace.delivered(taken, seconds)
        if self._pace.round_trip is not None:
            self._memory.pace.answered(self._pace.round_trip)

    def _failed(self, way: Approach, failure: ConversationFailure) -> RelayFailure:
        self._end(failure)
        return RelayFailure(way.finding(failure), self.evidence)

    def _end(self, failure: ConversationFailure) -> None:
        """Nothing more will be said on this connection."""
        self._ready = False
        if self._driver is not None:
            self._driver.break_off(failure)

    def _over(self, failure: ConversationFailure) -> None:
        """The stream has ended, whoever ended it."""
        if not self._counted:
            return
        self._counted = False
        self._memory.went()
        batch = self._batch
        if batch is not None and batch.failure is not None:
            failure = batch.failure  # a relay that takes leave also hangs up
        if isinstance(failure, Refused):
            self._take_leave(failure)
        elif batch is not None and self._way is not None and _is_broken(failure, batch.carried):
            self._way.failed(failure)

    def _take_leave(self, refused: Refused) -> None:
        """Learn from what the relay says in ending a connection that could be used."""
        if refused.step is not Step.MAIL or refused.reply.code not in NOTICES:
            return
        time, batch = self._time(), self._batch
        if batch is None:
            carried, rested = self._carried, time - self._idle_from
        else:
            carried, rested = batch.carried, 0.0 if batch.heard else self._rested
            if not carried:
                return  # a no to the first message is about that one
        self._memory.dismissed(Leave(refused.reply, carried, rested, time - self._began))


def _is_broken(failure: ConversationFailure, carried: int) -> bool:
    """Whether the next connection had better go to another address, if there is one.

    A used connection that is cut has served its time; one that falls silent has not.
    """
    if isinstance(failure, Closed):
        return not carried and failure.how != "dropped by us"
    return True


def _halts(refused: Transaction) -> bool:
    """A refusal that concerns the relay would only be given to the next message as well."""
    finding = finding_of_message(refused, None, {})
    fault = FAULTS.get(finding.code) if finding is not None else None
    return fault is not None and fault.scope is Scope.RELAY
