"""So many things a second, each begun at its own time, whether or not the one before is done."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from itertools import count


def steadily(
    rate: float, total: int, worker: Callable[[], Callable[[int], None]], *, workers: int
) -> None:
    """Do `total` things; each worker makes its own doer, a connection say, before it begins.

    With one worker a thing that takes too long makes the next one late.
    """
    ready = threading.Barrier(workers + 1)
    numbers = count()
    begin = [0.0]

    def work() -> None:
        do = worker()
        ready.wait()
        ready.wait()
        while (number := next(numbers)) < total:
            time.sleep(max(0.0, begin[0] + number / rate - time.monotonic()))
            do(number)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(workers)]
    for one in threads:
        one.start()
    ready.wait()
    begin[0] = time.monotonic() + 0.05
    ready.wait()
    for one in threads:
        one.join()
