"""The benchmark of collecting runs, and all three ways in it bring the whole chain home."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent.parent.parent / "bench" / "collect.py"

pytestmark = pytest.mark.skipif(
    shutil.which("cc") is None or not Path("/usr/include/openssl/ssl.h").exists(),
    reason="the sink is a C program: gcc and libssl-dev are not installed",
)


def test_collecting_is_measured_three_ways(tmp_path: Path) -> None:
    """Each way is timed, and both ratios are told; the program itself counts certificates."""
    figures = tmp_path / "figures.json"
    subprocess.run(
        [sys.executable, PROGRAM, "--rounds", "1", "--runs", "1", "--json", figures],
        check=True,
        capture_output=True,
        timeout=120,
    )
    told = json.loads(figures.read_text())
    (one,) = told["rounds"]
    assert set(one) == {"openssl, awk, cp", "tocsin certs collect", "inside the manager"}
    assert all(milliseconds > 0 for milliseconds in one.values())
    assert [ratio["aim"] for ratio in told["ratios"]] == [10, 2.5]
