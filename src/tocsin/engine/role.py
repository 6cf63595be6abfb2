"""What every role process does besides its work: one of a kind, and tells how it is."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Mapping
from typing import IO, Any

from tocsin.base.clock import SECOND, SYSTEM_CLOCK, Clock, Instant
from tocsin.base.home import Home, node_name
from tocsin.base.ids import uuid7
from tocsin.store.queries import operation

BEAT_EVERY: Instant = 5 * SECOND
"""How often a role says that it is there."""


class AlreadyRunning(Exception):
    """The home has such a role on this machine already."""

    def __init__(self, role: str) -> None:
        super().__init__(f"this home already has a running {role}")
        self.role = role


class RunningRole:
    """A process as a role: holds its place, and reports to the store."""

    def __init__(self, home: Home, role: str, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._home = home
        self.role = role
        self.node = node_name()
        self.instance = uuid7()
        self._clock = clock
        self._started_at = clock.now()
        self._beaten_at: Instant = 0
        self._said: tuple[Any, ...] = ()
        self._lock: IO[str] | None = None

    @property
    def owner(self) -> str:
        """Whose leases are ours: the node and this very process."""
        return f"{self.node}/{self.instance}"

    def take_place(self) -> None:
        """Become the one process of this role in this home on this machine.

        Raises:
            AlreadyRunning: there is one.
        """
        self._lock = (self._home.run / f"{self.role}.lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyRunning(self.role) from None

    def report(
        self,
        *,
        applied_version: int,
        ready: bool,
        failure: str = "",
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Write how the role is, when that changed or when it is time to."""
        now = self._clock.now()
        said = (applied_version, ready, failure)
        if said == self._said and 0 <= now - self._beaten_at < BEAT_EVERY:
            return
        operation.beat(
            node=self.node,
            role=self.role,
            instance=self.instance,
            pid=os.getpid(),
            started_at=self._started_at,
            now=now,
            applied_version=applied_version,
            ready=ready,
            failure=failure,
            detail=detail or {},
        )
        self._said = said
        self._beaten_at = now
