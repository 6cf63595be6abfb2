"""The distance of a relay: a port behind which every answer is late."""

from __future__ import annotations

import subprocess
from pathlib import Path

from sink import build


class Distance:
    """A running ``distance.c`` in front of a port."""

    def __init__(self, folder: Path, port: int, *, round_trip_ms: float) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        program = build(Path(__file__).with_name("distance.c"), folder, "-lpthread")
        one_way = str(round(round_trip_ms * 500))
        self._process = subprocess.Popen(
            [str(program), "--to", str(port), "--one-way-us", one_way],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
