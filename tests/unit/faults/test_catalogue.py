"""The catalogue is whole, and each entry can be told."""

from __future__ import annotations

import string

import pytest

from tocsin.faults.catalogue import FAULTS, explain
from tocsin.faults.fault import Finding


@pytest.mark.parametrize("code", sorted(FAULTS))
def test_every_fault_can_be_told_without_facts(code: str) -> None:
    """Title, cause and fix read as sentences when nothing is known but the code."""
    told = explain(Finding(code))
    assert told.title
    assert not told.title.endswith(".")
    assert told.cause.endswith(".")
    assert told.fix
    assert all(step for step in told.fix)
    assert "not known)" not in told.cause


@pytest.mark.parametrize("code", sorted(FAULTS))
def test_every_place_in_a_sentence_has_a_default(code: str) -> None:
    """A cause names no fact that has no words for when it is missing."""
    fault = FAULTS[code]
    named = {name for _, name, _, _ in string.Formatter().parse(fault.cause) if name}
    assert named <= set(fault.defaults)


def test_facts_stand_in_the_sentences() -> None:
    """What was seen is told."""
    told = explain(Finding("tls.untrusted-issuer", {"host": "mx.example.net", "issuer": "X"}))
    assert "mx.example.net" in told.cause
    assert "X" in told.cause


def test_a_code_from_elsewhere_counts_as_unknown() -> None:
    """A newer or foreign code is told as unknown rather than failing."""
    assert explain(Finding("tls.from-the-future")).code == "unknown"


def test_a_megabyte_of_reply_is_cut() -> None:
    """A hostile relay cannot fill a page by its reply."""
    told = explain(Finding("smtp.temporary", {"reply": "x" * 1_000_000}))
    assert len(told.cause) < 1_000


def test_facts_are_not_templates() -> None:
    """Braces in a relay's words are shown, not filled in."""
    told = explain(Finding("smtp.temporary", {"reply": "{host} {0.__class__}"}))
    assert "{0.__class__}" in told.cause
