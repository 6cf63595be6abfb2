"""How long ``tocsin up`` takes until it can take alarms, and what it needs while idle.

Starts a manager on an empty home, then again on the same home, as after a reboot. Memory is
that of all roles and their supervisor together, pages that they share counted once.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import machine
from manager import Manager

_READY_S = 2.0
_MEMORY_MIB = 250


def main() -> int:
    """Run, print, and end with 1 when it takes longer or more than it should."""
    options = _options()
    folder = Path(tempfile.mkdtemp(prefix="tocsin-bench-"))
    print(machine.describe())
    try:
        plain = measure(folder, options.rounds, options.settle)
    finally:
        shutil.rmtree(folder)
    print(f"first start, tables made       {plain['first_start_s']:.2f} s to /readyz")
    print(f"start, median of {options.rounds}             {plain['start_s']:.2f} s to /readyz")
    print(f"stop on SIGTERM, longest       {plain['stop_s']:.2f} s")
    print(f"memory while idle              {plain['memory_mib']:.0f} MiB")
    for name, octets in plain["roles"].items():
        print(f"  {name:<28} {octets / machine.MIB:.0f} MiB")
    if options.json:
        Path(options.json).write_text(json.dumps(plain, indent=2) + "\n")
    return int(plain["start_s"] > _READY_S or plain["memory_mib"] > _MEMORY_MIB)


def measure(folder: Path, rounds: int, settle_s: float) -> dict[str, Any]:
    """The figures, with their units in their names."""
    manager = Manager(folder / "tocsin")
    first = manager.start()
    stops = [manager.stop()]
    starts = []
    for _ in range(rounds):
        starts.append(manager.start())
        stops.append(manager.stop())
    manager.start()
    time.sleep(settle_s)
    pids = machine.family(manager.pid)
    roles = {_named(pid): machine.memory([pid]) for pid in pids}
    total = machine.memory(pids)
    stops.append(manager.stop())
    return {
        "first_start_s": first,
        "start_s": statistics.median(starts),
        "stop_s": max(stops),
        "memory_mib": total / machine.MIB,
        "roles": roles,
    }


def _named(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    role = words[words.index("tocsin") + 1] if "tocsin" in words else words[0]
    return f"{role} ({pid})"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--settle", type=float, default=5.0, help="seconds before looking")
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
