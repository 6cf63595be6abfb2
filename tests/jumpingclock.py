"""A wall clock that jumps while programs run, for the programs that a test starts."""

from __future__ import annotations

import mmap
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

_SOURCE = Path(__file__).with_name("jumpingclock.c")
HOUR = 3600


class JumpingClock:
    """Moves the wall clock of programs started with `environment`; monotonic time stays."""

    def __init__(self, folder: Path) -> None:
        compiler = shutil.which("cc")
        if compiler is None:
            pytest.skip("no C compiler here: apt-get install gcc libc6-dev")
        folder.mkdir(parents=True, exist_ok=True)
        library, offset = folder / "jumpingclock.so", folder / "offset"
        flags = ("-O2", "-Wall", "-Wextra", "-shared", "-fPIC")
        subprocess.run([compiler, *flags, "-o", str(library), str(_SOURCE)], check=True)
        offset.write_bytes(bytes(8))
        with offset.open("r+b") as stream:
            self._offset = mmap.mmap(stream.fileno(), 8)
        self.seconds = 0
        self.environment = {"LD_PRELOAD": str(library), "JUMPING_CLOCK": str(offset)}

    def jump(self, seconds: int) -> None:
        """Put the clock forward, or back, by so much more."""
        self.seconds += seconds
        self._offset[:] = struct.pack("=q", self.seconds)

    def close(self) -> None:
        """Let go of the file."""
        self._offset.close()
