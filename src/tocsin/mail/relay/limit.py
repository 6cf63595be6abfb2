"""What one connection, and all together, may ask of a relay: as set, and as learnt from it."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.base.clock import Clock
from tocsin.mail.relay.leave import Leave, Reason, reason_of
from tocsin.mail.relay.settings import RelaySettings

REMEMBERED = 86_400.0
"""Seconds after which a learnt limit is tried anew. Meeting it again costs one reconnect."""
RISE_EVERY = 600.0
"""Seconds without refusal after which one more connection is tried."""
_IDLE_SHARE, _AGE_SHARE = 0.8, 0.9
"""How much of a learnt time is used: to leave before the relay does."""
_SHORTEST_AGE = 1.0
_ALIKE = 0.2
"""Two ages are the same limit when they differ by less than this part of the longer one."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that hold now: times in seconds, None for no bound.

    `learnt` names the fields whose value is the relay's and not the settings'.
    """

    messages_per_connection: int | None
    idle: float
    age: float
    connections: int
    learnt: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Lesson:
    value: float
    at: float


class LearntLimits:
    """Lowers what the settings allow to what the relay bears."""

    def __init__(self, settings: RelaySettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._lessons: dict[Reason, _Lesson] = {}
        self._connections: _Lesson | None = None
        self._unsaid: tuple[Leave, float] | None = None

    def snapshot(self) -> Limits:
        """The limits as they are now."""
        settings = self._settings
        messages = _lower(settings.max_messages_per_connection, self._lesson(Reason.MESSAGES))
        idle = _lower(settings.idle_limit, self._lesson(Reason.IDLE))
        age = _lower(settings.connection_age, self._lesson(Reason.AGE))
        connections = min(settings.max_connections, self._bearable())
        own = {
            "messages_per_connection": messages != settings.max_messages_per_connection,
            "idle": idle != settings.idle_limit,
            "age": age != settings.connection_age,
            "connections": connections != settings.max_connections,
        }
        assert idle is not None
        assert age is not None
        return Limits(
            None if messages is None else int(messages),
            idle,
            age,
            connections,
            tuple(name for name, is_learnt in own.items() if is_learnt),
        )

    def learn(self, leave: Leave) -> None:
        """Take a relay's notice for what it says.

        One that gives no reason is believed when it repeats: after as many messages, or at
        the same age. Once alone it may be a restart.
        """
        reason = reason_of(leave.reply)
        if reason is Reason.MESSAGES and leave.carried:
            self._note(reason, leave.carried)
        elif reason is Reason.IDLE:
            self._learn_idle(leave)
        elif reason is Reason.AGE:
            self._learn_age(leave.age)
        elif reason is Reason.UNSAID:
            self._compare(leave)

    def refuse(self, others: int) -> None:
        """The relay turned a connection away while so many others were open."""
        self._connections = _Lesson(max(others, 1), self._clock.monotonic())

    def _compare(self, leave: Leave) -> None:
        """See whether the one before it, if not too long ago, was like this one."""
        time = self._clock.monotonic()
        known, self._unsaid = self._unsaid, (leave, time)
        if known is None or time - known[1] >= REMEMBERED:
            return
        before = known[0]
        if before.carried == leave.carried and not (before.at_rest or leave.at_rest):
            self._note(Reason.MESSAGES, leave.carried)
        elif abs(before.age - leave.age) < _ALIKE * max(before.age, leave.age):
            self._learn_age(min(before.age, leave.age))

    def _learn_idle(self, leave: Leave) -> None:
        # A timeout without rest is about something else, such as content that came slowly.
        if leave.at_rest:
            self._note(Reason.IDLE, leave.rested * _IDLE_SHARE)

    def _learn_age(self, age: float) -> None:
        self._note(Reason.AGE, max(age * _AGE_SHARE, _SHORTEST_AGE))

    def _note(self, reason: Reason, value: float) -> None:
        known = self._lesson(reason)
        lower = value if known is None else min(value, known)
        self._lessons[reason] = _Lesson(lower, self._clock.monotonic())

    def _lesson(self, reason: Reason) -> float | None:
        lesson = self._lessons.get(reason)
        if lesson is None or self._clock.monotonic() - lesson.at >= REMEMBERED:
            return None
        return lesson.value

    def _bearable(self) -> int:
        """Connections that the relay bore when it last refused, and one more now and then."""
        if self._connections is None:
            return self._settings.max_connections
        quiet = self._clock.monotonic() - self._connections.at
        return int(self._connections.value) + int(quiet // RISE_EVERY)


def _lower(set_to: float | None, learnt: float | None) -> float | None:
    if set_to is None or learnt is None:
        return learnt if set_to is None else set_to
    return min(set_to, learnt)
