"""Programs that are killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from manager import Program


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """A home and its commands; what was started is ended."""
    one = Program(tmp_path)
    yield one
    one.stop()
