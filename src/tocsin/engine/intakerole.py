"""The intake role: follows the sources of this machine."""

from __future__ import annotations

import signal
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import DatabaseError, close_old_connections, transaction

from tocsin.base.clock import SYSTEM_CLOCK
from tocsin.base.home import Home
from tocsin.engine import nudge
from tocsin.engine.accept import SourcePolicy, accept_within
from tocsin.engine.configuration import current
from tocsin.engine.deathwatch import end_with_parent
from tocsin.engine.kinds import SOURCES
from tocsin.engine.readiness import announce
from tocsin.engine.role import RunningRole
from tocsin.intake import quarantine
from tocsin.intake.kind import Batch, Reader
from tocsin.store.queries import operation

ROLE = "intake"
_POLL_S = 0.25

_log = structlog.get_logger(ROLE)


def run(home: Home) -> None:
    """Follow sources until SIGTERM.

    Raises:
        AlreadyRunning: this home has an intake.
    """
    end_with_parent()
    role = RunningRole(home, ROLE)
    role.take_place()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    _Intake(home, role).run(stop)


@dataclass(slots=True)
class _Followed:
    """A source being followed."""

    settings: Any
    reader: Reader
    failure: str = ""


class _Intake:
    def __init__(self, home: Home, role: RunningRole) -> None:
        self._home = home
        self._role = role
        self._sources: dict[str, _Followed] = {}
        self._version = -1
        self._announced = False

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                self._take_over()
                busy = self._read_all()
                self._report()
            except (DatabaseError, OSError) as error:
                # Positions move with the rows they belong to: what was not stored, or
                # not quarantined on a full disk, is read again.
                _log.error("cannot store what was read, trying again", error=str(error))
                close_old_connections()
                self._close_all()
                self._version = -1
                stop.wait(1.0)
                continue
            if not busy:
                stop.wait(_POLL_S)
        self._close_all()

    def _take_over(self) -> None:
        latest = current()
        if latest.number == self._version:
            return
        mine = {
            one.name: one
            for one in latest.configuration.sources
            if one.enabled and one.node in {None, self._role.node}
        }
        for name in list(self._sources):
            if mine.get(name) != self._sources[name].settings:
                self._sources.pop(name).reader.close()
        for name, settings in mine.items():
            if name not in self._sources:
                position = operation.source_position(self._role.node, name)
                reader = SOURCES[settings.kind].open(settings, position)
                self._sources[name] = _Followed(settings, reader)
                _log.info("following", source=name, path=settings.path)
        self._version = latest.number

    def _read_all(self) -> bool:
        """Read a batch of each source in turn; True when some has more."""
        busy = False
        for name, one in self._sources.items():
            try:
                batch = one.reader.read()
            except OSError as error:
                self._failed(name, one, error)
                continue
            one.failure = one.reader.waiting_for or ""
            if batch is not None:
                for note in batch.notes:
                    _log.warning("source", source=name, note=note)
                self._store(name, one, batch)
                busy = busy or batch.more
        return busy

    def _failed(self, name: str, one: _Followed, error: OSError) -> None:
        failure = f"{one.settings.path}: {error.strerror or error}"
        if failure != one.failure:
            _log.warning("source cannot be read", source=name, failure=failure)
        one.failure = failure
        one.reader.close()

    def _store(self, name: str, one: _Followed, batch: Batch) -> None:
        if batch.broken:
            # Before the position: after a crash a line may be kept twice, never missed.
            quarantine.keep(self._home.quarantine, name, batch.broken)
            _log.warning("lines that cannot be read", source=name, count=len(batch.broken))
        settings = one.settings
        policy = SourcePolicy(settings.quiet_after_us, settings.max_age_us)
        with transaction.atomic():
            if batch.reports:
                accept_within(batch.reports, {name: policy})
            operation.save_source_position(
                node=self._role.node,
                source=name,
                position=batch.position,
                records=batch.records,
                alarms=len(batch.reports),
                broken=len(batch.broken),
                now=SYSTEM_CLOCK.now(),
            )
        if batch.reports:
            nudge.wake("responder")

    def _report(self) -> None:
        waiting = {name: one.failure for name, one in self._sources.items() if one.failure}
        ready = all(one.reader.ready for one in self._sources.values())
        self._role.report(
            applied_version=max(self._version, 0),
            ready=ready,
            failure="; ".join(f"{name}: {why}" for name, why in waiting.items()),
            detail={"sources": self._detail()},
        )
        if not self._announced:
            announce(ROLE)
            self._announced = True

    def _detail(self) -> Mapping[str, Any]:
        return {
            name: {"open": one.reader.ready, "failure": one.failure}
            for name, one in self._sources.items()
        }

    def _close_all(self) -> None:
        for one in self._sources.values():
            one.reader.close()
        self._sources.clear()
