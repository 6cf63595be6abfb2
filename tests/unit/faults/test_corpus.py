"""The lines that real programs printed: right, or said to be unknown, and never wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tocsin.faults.catalogue import FAULTS
from tocsin.faults.text.recognise import recognise_text

FOLDER = Path(__file__).parents[2] / "corpus"
ROWS = [
    json.loads(line)
    for path in sorted(FOLDER.glob("*.jsonl"))
    for line in path.read_text(encoding="utf-8").splitlines()
]
LEAST_RIGHT = 0.95

WRAPPED: dict[str, Callable[[str], str]] = {
    "alone": lambda line: line,
    "syslog": lambda line: f"Nov 24 12:00:00 sensor app[4242]: {line}",
    "JSON": lambda line: json.dumps({"level": "error", "msg": "sending failed", "err": line}),
    "logfmt": lambda line: 'level=ERROR err="' + line.replace('"', '\\"') + '"',
    "logging": lambda line: f"2026-11-24 12:00:00,123 ERROR [mailer] {line}",
    "quoted": lambda line: f"> {line}",
}


def fitting(row: dict[str, Any]) -> set[str]:
    """The codes that may rightly be concluded from a line; none where it decides nothing."""
    return {row["code"]} if row["code"] else set(row.get("codes", ()))


def test_the_corpus_is_there() -> None:
    """Hundreds of lines of many programs, whose codes the catalogue has."""
    assert len(ROWS) >= 500
    assert len({row["program"] for row in ROWS}) >= 15
    assert set().union(*map(fitting, ROWS)) <= set(FAULTS)


@pytest.mark.parametrize("how", WRAPPED)
def test_lines_are_right_or_unknown_and_never_wrong(how: str) -> None:
    """At least 95 of 100 are right, also inside of what loggers put around them.

    A line is right when every code found fits it, or when it decides nothing and nothing
    is read into it. Unknown is not right where something could be told, but not wrong.
    """
    right, wrong = 0, []
    for row in ROWS:
        line, fit = WRAPPED[how](row["line"]), fitting(row)
        recognised = recognise_text(line)
        codes = {one.code for one in recognised.findings}
        if not recognised.known:
            right += not fit
        elif codes <= fit:
            right += 1
        else:
            wrong.append((line[:200], sorted(codes), sorted(fit)))
    assert wrong == []
    assert right >= LEAST_RIGHT * len(ROWS)


def test_what_a_line_leaves_open_is_left_open() -> None:
    """Where an unknown issuer and a missing certificate look alike, both are named."""
    both = {"tls.untrusted-issuer", "tls.incomplete-chain"}
    lines = [row["line"] for row in ROWS if row["code"] is None and both <= fitting(row)]
    assert lines
    for line in lines:
        for finding in recognise_text(line).findings:
            assert finding.facts.get("also"), line


def test_all_that_a_program_said_at_once_agrees() -> None:
    """The lines of one failure together tell what its clearest line tells."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in ROWS:
        if row.get("fault"):
            groups.setdefault((row["program"], row["fault"]), []).append(row)
    assert len(groups) >= 100
    wrong = []
    for name, rows in groups.items():
        recognised = recognise_text("\n".join(row["line"] for row in rows))
        sure = {row["code"] for row in rows if row["code"]}
        maybe = set().union(*map(fitting, rows))
        codes = {one.code for one in recognised.findings}
        if recognised.known and not codes <= (sure or maybe):
            wrong.append((name, sorted(codes), sorted(sure or maybe)))
    assert wrong == []
