"""All roles of a single-machine manager, each a process of its own. Loads no Django."""

from __future__ import annotations

import contextlib
import fcntl
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO

import structlog

from tocsin.base.backoff import Backoff
from tocsin.base.home import Home
from tocsin.engine.readiness import Announcements, announce

_log = structlog.get_logger("supervisor")

_RESTART = Backoff(first=0.5, ceiling=30)
_STEADY_S = 30.0
"""A role that ran so long starts its back-off anew."""
_STOP_S = 4.0
"""How long roles have to end on SIGTERM before they are killed; the whole stop stays under 5 s."""


class HomeInUse(Exception):
    """Another `up` runs on this home."""

    def __init__(self, home: Home) -> None:
        super().__init__(f"a manager is already up in {home.folder}")
        self.home = home


@dataclass(frozen=True, slots=True)
class RoleCommand:
    """A role and the command line that runs it."""

    role: str
    arguments: tuple[str, ...]
    goes_first: bool = False
    """Whether the others are started only once this one has announced itself."""


@dataclass(slots=True)
class _Child:
    command: RoleCommand
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    restart_at: float = 0.0
    failures: int = 0
    ready: bool = False


@dataclass(slots=True)
class Supervisor:
    """Starts the roles, starts again what ends, and ends them together."""

    home: Home
    commands: Sequence[RoleCommand]
    environment: Mapping[str, str]
    when_ready: Callable[[], None]
    """Called once, when every role has announced itself."""
    _children: list[_Child] = field(default_factory=list)
    _stop: bool = False
    _lock: IO[str] | None = None

    def run(self) -> None:
        """Supervise until SIGTERM or SIGINT.

        Raises:
            HomeInUse: another supervisor has this home.
        """
        if self._lock is None:
            self.take_home()
        announcements = Announcements(self.home.run / "up.sock")
        awake_read, awake_write = os.pipe()
        os.set_blocking(awake_write, False)
        signal.set_wakeup_fd(awake_write)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask_to_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        environment = {
            **os.environ,
            **self.environment,
            "TOCSIN_HOME": str(self.home.folder),
            "TOCSIN_SUPERVISOR": str(os.getpid()),
            "NOTIFY_SOCKET": announcements.address,
        }
        self._children = [_Child(command) for command in self.commands]
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(awake_read, selectors.EVENT_READ)
                selector.register(announcements, selectors.EVENT_READ)
                self._watch(selector, announcements, awake_read, environment)
        finally:
            self._end_all()
            announcements.close()
            signal.set_wakeup_fd(-1)
            os.close(awake_read)
            os.close(awake_write)

    def take_home(self) -> None:
        """Become the one supervisor of the home.

        Raises:
            HomeInUse: another supervisor has it.
        """
        self.home.make()
        self._lock = (self.home.run / "up.lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise HomeInUse(self.home) from None

    def _ask_to_stop(self, *_: object) -> None:
        self._stop = True

    def _watch(
        self,
        selector: selectors.BaseSelector,
        announcements: Announcements,
        awake: int,
        environment: Mapping[str, str],
    ) -> None:
        told = False
        while not self._stop:
            self._start_due(environment)
            for key, _ in selector.select(self._seconds_to_next_start()):
                if key.fd == awake:
                    os.read(awake, 4096)
            for role in announcements.read():
                for child in self._children:
                    if child.command.role == role:
                        child.ready = True
            if not told and all(child.ready for child in self._children):
                told = True
                announce("up")
                self.when_ready()
            self._reap()

    def _start_due(self, environment: Mapping[str, str]) -> None:
        now = time.monotonic()
        for child in self._startable():
            if child.process is None and child.restart_at <= now:
                child.started_at = now
                child.process = subprocess.Popen(  # noqa: S603 -- our own program
                    [sys.executable, "-m", "tocsin", *child.command.arguments],
                    env=dict(environment),
                    stdin=subprocess.DEVNULL,
                    # A terminal's Ctrl-C goes to us alone; we tell the roles.
                    start_new_session=True,
                )

    def _startable(self) -> list[_Child]:
        first = [child for child in self._children if child.command.goes_first]
        return self._children if all(child.ready for child in first) else first

    def _seconds_to_next_start(self) -> float | None:
        waits = [child.restart_at for child in self._startable() if child.process is None]
        return max(0.0, min(waits) - time.monotonic()) if waits else None

    def _reap(self) -> None:
        for child in self._children:
            if child.process is None or child.process.poll() is None:
                continue
            now = time.monotonic()
            if now - child.started_at > _STEADY_S:
                child.failures = 0
            child.failures += 1
            wait = _RESTART.delay(child.failures)
            child.restart_at = now + wait
            _log.error(
                "role ended, starting it again",
                ended=child.command.role,
                status=child.process.returncode,
                wait_s=round(wait, 1),
            )
            child.process = None

    def _end_all(self) -> None:
        running = [child.process for child in self._children if child.process is not None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + _STOP_S
        for process in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.05, deadline - time.monotonic()))
        for process in running:
            if process.poll() is None:
                process.kill()
                process.wait()
