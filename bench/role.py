"""One role of a manager as a process of its own."""

from __future__ import annotations

import subprocess
from typing import Self

from manager import Manager


class Role:
    """`tocsin responder`, say, on a home that has no supervisor."""

    def __init__(self, manager: Manager, name: str, *arguments: str) -> None:
        self._manager = manager
        self._words = (name, *arguments)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        log = (self._manager.folder / f"{self._words[0]}.log").open("ab")
        with log:
            self._process = self._manager.spawn(*self._words, log=log)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid
