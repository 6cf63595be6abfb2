"""Memory, processors and ports of this machine, for benchmarks."""

from __future__ import annotations

import os
import platform
import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Self

MIB = 1024 * 1024
_PROC = Path("/proc")
_TICK = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A loopback port that nothing listens on just now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def wait_until(true: Callable[[], bool], what: str, seconds: float, every: float = 0.02) -> None:
    """Wait for something; the benchmark ends with an error when it does not come."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise SystemExit(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(every)


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    parents: dict[int, list[int]] = {}
    for folder in _PROC.iterdir():
        if folder.name.isdecimal():
            with suppress(OSError):
                status = (folder / "stat").read_text()
                parent = int(status.rpartition(")")[2].split()[1])
                parents.setdefault(parent, []).append(int(folder.name))
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += parents.get(one, [])
    return found


def memory(pids: Iterable[int]) -> int:
    """Octets that these processes have together: shared pages are counted once (PSS)."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            for line in (_PROC / str(pid) / "smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total


def resident_peak(pid: int) -> int:
    """The most octets that a process ever had in memory, mapped files included (VmHWM)."""
    status = (_PROC / str(pid) / "status").read_text()
    (line,) = (one for one in status.splitlines() if one.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def processor_seconds(pids: Iterable[int]) -> float:
    """Processor time that these processes have used so far."""
    total = 0.0
    for pid in pids:
        with suppress(OSError):
            fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
            total += (int(fields[11]) + int(fields[12])) / _TICK
    return total


def load() -> float:
    """Processes that wanted to run in the last minute: above the cores, figures are too low."""
    return os.getloadavg()[0]


def describe() -> str:
    """The machine in one line."""
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, load before the start {load():.1f}"
    )


class Peak:
    """Watches the memory of a family of processes; `octets` is the most it had."""

    def __init__(self, pid: int, every_s: float = 0.25) -> None:
        self.octets = 0
        self._pid = pid
        self._every_s = every_s
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._end.is_set():
            self.octets = max(self.octets, memory(family(self._pid)))
            self._end.wait(self._every_s)
