"""Commands run in process, over the test's own store."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tocsin.cli.main import run


@dataclass(frozen=True)
class Done:
    """What a command did."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)


class Command:
    """Runs commands; nothing of the process is changed by them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: str, given: str | bytes = "", status: int | None = 0) -> Done:
        """Run a command to its end; its exit status must be `status`."""
        content = given.encode() if isinstance(given, str) else given
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        self._capsys.readouterr()
        answered = run(arguments)
        out, err = self._capsys.readouterr()
        if status is not None:
            assert answered == status, f"{arguments}: {answered}: {out}{err}"
        return Done(answered, out, err)

    def answer(self, *arguments: str, given: str | bytes = "", status: int | None = 0) -> Any:
        """The answer of a command with ``--json``."""
        return self(*arguments, "--json", given=given, status=status).json


@pytest.fixture
def command(
    db: None,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Command:
    """Runs commands on a home of this test; the working folder is the test's too."""
    # The logging of a process is not for one test of many to set up.
    monkeypatch.setattr("tocsin.engine.logs.set_up_logging", lambda *_: None)
    monkeypatch.chdir(tmp_path)
    return Command(monkeypatch, capsys)
