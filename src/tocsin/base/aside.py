"""Work that blocks, in a thread that nobody waits for once it is given up."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def aside(work: Callable[[], T], name: str) -> T:
    """What `work` gives or raises. Cancelled, it goes on alone and is not heard any more.

    A daemon thread, unlike those of `asyncio.to_thread`, holds up neither the loop's end nor
    that of the process.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(give: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop may be closed by now
            loop.call_soon_threadsafe(lambda: None if done.done() else give())

    def call() -> None:
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 -- raised again where it is awaited
            found = error
            settle(lambda: done.set_exception(found))
        else:
            settle(lambda: done.set_result(result))

    threading.Thread(target=call, name=name, daemon=True).start()
    return await done
