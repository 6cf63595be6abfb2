"""Guessing passwords takes long: after some failures each further try must wait."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from tocsin.base.clock import SYSTEM_CLOCK, Clock

FREE_TRIES = 5
"""Failures in a row that cost nothing: people mistype."""
LONGEST_WAIT_S = 300.0
_FORGOTTEN_AFTER_S = 3600.0
_MOST_KEPT = 10_000


@dataclass(slots=True)
class _Failures:
    count: int
    last: float


class SignInGuard:
    """Failed sign-ins by name, and by where they came from. Kept in memory of the web role."""

    def __init__(self, clock: Clock = SYSTEM_CLOCK) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def wait_s(self, name: str, peer: str) -> float:
        """Seconds until this name may be tried from there again; 0 when it may now.

        Asked before the password is looked at, so a right one does not help either.
        """
        with self._lock:
            return max(self._wait(key) for key in _keys(name, peer))

    def failed(self, name: str, peer: str) -> None:
        """A sign-in was refused."""
        now = self._clock.monotonic()
        with self._lock:
            for key in _keys(name, peer):
                known = self._failures.pop(key, None)
                if known is None or now - known.last > _FORGOTTEN_AFTER_S:
                    known = _Failures(0, now)
                known.count += 1
                known.last = now
                self._failures[key] = known
            while len(self._failures) > _MOST_KEPT:
                self._failures.popitem(last=False)

    def succeeded(self, name: str, peer: str) -> None:
        """A sign-in was right: the failures before it are forgotten."""
        with self._lock:
            for key in _keys(name, peer):
                self._failures.pop(key, None)

    def _wait(self, key: str) -> float:
        known = self._failures.get(key)
        if known is None or known.count < FREE_TRIES:
            return 0.0
        wait = min(2.0 ** (known.count - FREE_TRIES), LONGEST_WAIT_S)
        return max(0.0, known.last + wait - self._clock.monotonic())


def _keys(name: str, peer: str) -> tuple[str, str]:
    return f"name {name.casefold()}", f"peer {peer}"
