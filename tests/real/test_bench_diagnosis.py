"""The benchmark of diagnosis runs, on a sample, and its rule for other programs holds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parent.parent.parent / "bench"


def test_a_sample_is_diagnosed(tmp_path: Path) -> None:
    """Each seventh fault and configuration and some pairs: what is counted is what was said."""
    figures = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, BENCH / "diagnosis.py", "--quick", "--json", figures],
        check=False,
        capture_output=True,
        text=True,
        timeout=180,
    )
    told = json.loads(figures.read_text())
    wrong = [one for one in told["singles"] if not one["right"]]
    alarms = [one for one in told["healthy"] if one["alarms"]]
    assert (wrong, alarms) == ([], []), done.stdout
    assert len(told["singles"]) >= 10
    assert len(told["healthy"]) >= 5
    for one in (*told["singles"], *told["pairs"]):
        found = all(set(codes) & set(one["said"]) for codes in one["expected"])
        first = any(one["said"][0] in codes for codes in one["expected"])
        assert one["right"] == (found and first)
    assert done.returncode == int(
        sum(one["right"] for one in told["pairs"]) < 0.95 * len(told["pairs"])
    )


def test_pairs_hide_nothing_from_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a pair, a fault that ends the conversation never comes first, and the codes differ."""
    monkeypatch.syspath_prepend(str(BENCH))
    from diagnosis import codes_of, told_apart
    from tocsin.mail.smtp.step import Step
    from tocsin.rehearsal.fault.registry import load_faults

    known, order = load_faults(), list(Step)
    pairs = [(known[first], known[second]) for first, second in told_apart()]
    assert len(pairs) > 100
    for pair in pairs:
        first, second = sorted(pair, key=lambda one: order.index(one.at))
        assert first.at is second.at or not first.bars
        assert not set(codes_of(first)) & set(codes_of(second))
