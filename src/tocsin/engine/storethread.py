"""The store for asyncio: one thread, one connection, one call at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

import structlog
from django.db import DatabaseError, close_old_connections, connections

P = ParamSpec("P")
R = TypeVar("R")

_log = structlog.get_logger("store")
_FIRST_WAIT = 0.2
_LONGEST_WAIT = 10.0


class StoreThread:
    """Runs store calls off the event loop, in the order they were asked for."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")

    async def call(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `work` once.

        Raises:
            django.db.Error: it failed; the connection is fit for the next call.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: _run(work, *args, **kwargs))

    async def insist(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `work` until the store takes it: a full disk or a lost database is waited out."""
        wait = _FIRST_WAIT
        while True:
            try:
                return await self.call(work, *args, **kwargs)
            except DatabaseError as error:
                _log.error("store does not answer, trying again", error=str(error), wait_s=wait)
                await asyncio.sleep(wait)
                wait = min(wait * 2, _LONGEST_WAIT)

    async def close(self) -> None:
        """Close the connection and end the thread, after what was asked for before."""
        await self.call(connections.close_all)
        self._thread.shutdown()


def _run(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    try:
        return work(*args, **kwargs)
    except DatabaseError:
        # A connection that failed (PostgreSQL restarted, say) must not serve again.
        close_old_connections()
        raise
