"""The steps of a walk as they end; whoever watches is told of each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tocsin.doctor.step import Step


class Diary:
    """Keeps the steps in the order in which they end."""

    def __init__(self, on_step: Callable[[Step], None] | None = None) -> None:
        self._on_step = on_step
        self.steps: list[Step] = []

    def add(self, step: Step) -> None:
        """A step has ended."""
        self.steps.append(step)
        if self._on_step is not None:
            self._on_step(step)

    def note(
        self,
        name: str,
        ok: bool | None,  # noqa: FBT001 -- three values, and the second field of a step
        asked: str,
        answered: str,
        *,
        address: str | None = None,
        since: float | None = None,
    ) -> None:
        """The same, with the time since a moment of the running loop."""
        ms = 0.0 if since is None else (asyncio.get_running_loop().time() - since) * 1000
        self.add(Step(name, address, ok, round(ms, 3), asked, answered))


def quiet() -> Diary:
    """For connections that nobody is told of step by step."""
    return Diary()
