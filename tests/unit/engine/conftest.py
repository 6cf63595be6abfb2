"""A store that starts empty, and reports to put into it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tocsin.domain.alarm import Host, Report


@pytest.fixture(autouse=True)
def _store(db: None) -> None:
    """Every test of the engine has a store."""


@pytest.fixture
def report() -> Callable[..., Report]:
    """Makes a report; what is not said is ordinary."""

    def make(**said: Any) -> Report:
        fields: dict[str, Any] = {
            "source": "ids-1",
            "source_type": "eve",
            "type": "SSH scan",
            "source_host": Host(ip="192.0.2.1", port=40000),
            "target_host": Host(ip="198.51.100.2", port=22),
        }
        return Report(**{**fields, **said})

    return make


class StillClock:
    """A clock that moves only when told."""

    def __init__(self, now: int = 1_795_000_000_000_000) -> None:
        self.time = now

    def now(self) -> int:
        """The time that was set."""
        return self.time

    def monotonic(self) -> float:
        """The same in seconds."""
        return self.time / 1e6


@pytest.fixture
def clock() -> StillClock:
    """A clock held still."""
    return StillClock()
