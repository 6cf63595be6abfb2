"""Work that blocks, which nobody waits for once it is time to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from tocsin.base import aside as threads

T = TypeVar("T")


async def aside(work: Callable[[], T], stopping: asyncio.Event, name: str) -> T | None:
    """What `work` gives or raises; None when `stopping` was set first, and it goes on alone."""
    done = asyncio.create_task(threads.aside(work, name), name=name)
    stopped = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait((done, stopped), return_when=asyncio.FIRST_COMPLETED)
        return done.result() if done.done() else None
    finally:
        stopped.cancel()
        done.cancel()
