"""What the tests of the relay's memory stand on: a clock that a test moves."""

from __future__ import annotations

import pytest

from tocsin.base.clock import SECOND, Instant, now


class HeldClock:
    """Both clocks stand still until a test moves them, together or one alone."""

    def __init__(self) -> None:
        self.wall: Instant = now()
        self.steady = 1000.0

    def now(self) -> Instant:
        """The wall clock."""
        return self.wall

    def monotonic(self) -> float:
        """The steady one."""
        return self.steady

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.steady += seconds
        self.wall += int(seconds * SECOND)

    def set_back(self, seconds: float) -> None:
        """Somebody sets the wall clock back."""
        self.wall -= int(seconds * SECOND)


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()
