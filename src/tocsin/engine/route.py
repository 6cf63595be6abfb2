"""One relay as a way for mail: how it is reached, how it does, how much it may carry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING, Any

from tocsin.base.clock import Clock
from tocsin.engine.breaker import Breaker, Use
from tocsin.engine.bucket import Bucket
from tocsin.engine.consequence import QUOTA_USED, quota_of_account_used
from tocsin.engine.quota import Quota
from tocsin.engine.ready import Prepared
from tocsin.engine.relay import Relay
from tocsin.faults.fault import Finding
from tocsin.mail.relay import RelayConnection, RelayMemory

if TYPE_CHECKING:
    from tocsin.engine.ledger import Remembered

_DRAIN_S = 0.5
"""A queue that would take longer than this is shared among more connections."""
_LEAST_BATCH = 4


class Route:
    """A relay, what is known of it, and its connections; belongs to one sender."""

    def __init__(self, relay: Relay, clock: Clock) -> None:
        self.relay = relay
        self.name = relay.settings.name
        self.window = relay.settings.window
        self.memory = RelayMemory(relay.settings)
        self.breaker = Breaker(clock)
        self.bucket = Bucket(relay.rate)
        self.quota = Quota(relay.quota)
        self.idle: list[RelayConnection] = []
        """Connections that carry nothing just now, the last used last."""
        self.carrying = 0
        """Connections that are opened or carry something just now."""
        self.carrying_slow = 0
        """Those of them that carry what may take long."""
        self.stalled = 0
        """Those of them that wait for an answer that does not come."""
        self.broke_on: set[str] = set()
        """Deliveries on which a connection broke since the relay last took one."""
        self._clock = clock
        self._worn: list[RelayConnection] = []

    @property
    def seconds_per_message(self) -> float | None:
        """How long a message takes on one connection; None while nothing is known."""
        return self.memory.pace.seconds_per_message

    @property
    def connections(self) -> int:
        """Connections there are."""
        return self.carrying + len(self.idle)

    @property
    def most_connections(self) -> int:
        """Connections there may be: what is configured, or what the relay has taught."""
        return self.memory.limits().connections

    def wanted(self, waiting: int) -> int:
        """How many connections so many waiting messages are worth.

        Messages a second times seconds a message is how many must be under way at once
        (Little's law); a relay that answers each command from afar needs many, one that
        takes commands in a row needs few.
        """
        if self.breaker.use is not Use.OPEN:
            return 1
        needed = 1 + min(3, waiting // self.window)
        if self.seconds_per_message is not None:
            needed = max(needed, ceil(waiting * self.seconds_per_message / _DRAIN_S))
            if self.bucket.rate is not None:
                needed = min(needed, ceil(self.bucket.rate * self.seconds_per_message * 1.5) + 1)
        return min(needed, self.most_connections)

    def speed(self) -> float | None:
        """Messages a second that it carries now, by its rate and as measured; None: not known."""
        known = [self.bucket.rate] if self.bucket.rate is not None else []
        if self.seconds_per_message:
            known.append(max(1, self.connections) / self.seconds_per_message)
        return min(known, default=None)

    def room(self) -> int | None:
        """Recipients that may be sent to now by rate and quota; None: any number."""
        rooms = (self.bucket.room(self._clock.monotonic()), self.quota.room(self._clock.now()))
        known = [one for one in rooms if one is not None]
        return min(known) if known else None

    def batch(self, most: int | None = None) -> int:
        """How many messages to hand to one connection at once: what it carries in a while.

        A relay that is far takes a few at a time, so that the others stay free for
        another connection.
        """
        if self.breaker.use is Use.TRYING:
            return 1
        size = self.window if most is None else min(most, self.window)
        if self.seconds_per_message:
            size = min(size, max(_LEAST_BATCH, int(_DRAIN_S / self.seconds_per_message)))
        return size

    def take(self, batch: Sequence[Prepared], *, slow: bool) -> None:
        """A batch goes to one of the connections."""
        self.carrying += 1
        self.carrying_slow += slow
        self.bucket.take(_recipients(batch))

    def give_back(self, batch: Sequence[Prepared]) -> None:
        """Of a batch that was taken these were not sent."""
        self.bucket.give_back(_recipients(batch))

    def carried(self, *, slow: bool) -> None:
        """A connection is done with its batch."""
        self.carrying -= 1
        self.carrying_slow -= slow

    def idle_connection(self) -> RelayConnection | None:
        """A connection that rests, the last used one first; it does not rest any more."""
        while self.idle:
            connection = self.idle.pop()
            if connection.usable and not connection.stale:
                return connection
            self._worn.append(connection)
        return None

    def worn(self) -> list[RelayConnection]:
        """Connections to take leave of: they have rested too long, or cannot be used."""
        done = [one for one in self.idle if not one.usable or one.stale]
        self.idle = [one for one in self.idle if one not in done]
        done.extend(self._worn)
        self._worn.clear()
        return done

    def quota_is_used(self) -> bool:
        """The quota of a day that was set leaves no room."""
        return self.quota.room(self._clock.now()) == 0

    def used_up(self) -> Finding:
        """Why there is no room in the quota: what was set, or what the account allows, is sent."""
        account = self.relay.account
        if self.relay.max_24_hour_send is not None or account.max_24_hour_send is None:
            return QUOTA_USED
        return quota_of_account_used(account.max_24_hour_send, account.sent_by_others)

    def adopt(self, relay: Relay) -> bool:
        """Keep to what the account behind the relay allows by now.

        False when more than that has changed, or when it ends a pause for want of quota: then
        it is another route.
        """
        if replace(self.relay, account=relay.account) != relay:
            return False
        was_used = self.quota_is_used()
        self.relay = relay
        self.bucket.rate_set = relay.rate
        self.quota.limit = relay.quota
        return not was_used or self.quota_is_used()

    def remember(self, known: Remembered) -> None:
        """Take over what the store knows from before; a pause goes on as a try."""
        self.breaker.remember(known.paused_at)
        self.bucket.learnt = known.learnt_rate
        self.quota.load(known.usage)

    def report(self, *, standby: bool) -> dict[str, Any]:
        """How it does, for the pages."""
        limits = self.memory.limits()
        use = self.breaker.use
        return {
            "name": self.name,
            "use": "standby" if standby and use is not Use.PAUSED else use.value,
            "connections": self.connections,
            "most_connections": limits.connections,
            "seconds_per_message": self.seconds_per_message,
            "round_trip": self.memory.pace.round_trip,
            "rate": self.bucket.rate,
            "rate_set": self.bucket.rate_set,
            "bucket": self.bucket.tokens if self.bucket.rate is not None else None,
            "addresses": [
                {
                    "address": one.address,
                    "ok": one.failures == 0,
                    "code": one.code if one.failures else None,
                    "at": one.failed_at if one.failures else one.succeeded_at,
                    "failures": one.failures,
                }
                for one in self.memory.addresses()
            ],
            "in_hand": self.carrying,
            "limits": {
                "messages_per_connection": limits.messages_per_connection,
                "idle_s": limits.idle,
                "connection_age_s": limits.age,
            },
        }

    async def close(self) -> None:
        """Take leave of every idle connection."""
        idle, self.idle = self.idle + self._worn, []
        self._worn = []
        for connection in idle:
            await connection.close()


def _recipients(batch: Sequence[Prepared]) -> int:
    return sum(len(one.envelope.recipients) for one in batch)


def carriers(routes: Sequence[Route]) -> list[Route]:
    """The routes that messages may go by now: what is tried, and the one that carries.

    In the order of preference the first that is open carries; one before it that is being
    tried gets a message beside it. A later one comes in when all before it have been
    paused for the time that it waits.
    """
    found: list[Route] = []
    for place, route in enumerate(routes):
        before = [one.breaker.paused_for for one in routes[:place]]
        if any(lasted is None or lasted < route.relay.after_s for lasted in before):
            break
        if route.breaker.use is Use.OPEN:
            found.append(route)
            break
        if route.breaker.use is Use.TRYING:
            found.append(route)
            if route.breaker.paused_at is None:
                break
    return found
