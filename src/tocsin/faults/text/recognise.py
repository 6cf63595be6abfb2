"""What a text says is wrong: a log line, a stack trace, a reply, many lines with many faults.

The relay's own words come first, Amazon's before others', then the words of the program
that met them. A text that holds nothing known is said to be unknown; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.faults.catalogue import FAULTS
from tocsin.faults.fault import Finding
from tocsin.faults.text.candidate import Candidate, settle
from tocsin.faults.text.codes import of_codes
from tocsin.faults.text.drawn import draw
from tocsin.faults.text.given import Given, prepare
from tocsin.faults.text.program import program_of
from tocsin.faults.text.quoted import of_replies
from tocsin.faults.text.worded import of_words

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Recognised:
    """What was found in a text, causes in the order of the text.

    A finding's fact ``also`` names other codes (joined by ", ") for which the same is
    printed; ``program`` names whoever printed it.
    """

    findings: tuple[Finding, ...]
    known: bool
    """Whether anything was recognised; if not, the one finding is ``unknown``."""


def recognise_text(text: str) -> Recognised:
    """The faults that a text tells of. It may be of any size and from anybody."""
    given = prepare(text)
    found = of_codes(given)
    taken = [one.line for one in found]
    quoted = of_replies(given)
    # Inside a reply its code and stage count, and not where else the same words occur.
    said = [(one.start, one.end) for one in quoted if not one.vague]
    worded = [one for one in of_words(given) if not _within(one, said)]
    # A line of our own carries its code: nothing in it says more.
    found += [one for one in (*quoted, *worded) if not _within(one, taken)]
    settled = settle(found)
    findings = tuple(_finding(given, one) for one in settled)
    known = any(one.code != UNKNOWN for one in findings)
    if known:
        return Recognised(tuple(one for one in findings if one.code != UNKNOWN), known=True)
    return Recognised(findings[:1] or (_nothing(given),), known=False)


def _within(one: Candidate, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= one.start < end for start, end in spans)


def _finding(given: Given, one: Candidate) -> Finding:
    facts = dict(one.facts)
    for name, value in draw(one.code, given, one.start, one.end).items():
        facts.setdefault(name, value)
    facts["program"] = program_of(given, one.program)
    if one.also:
        facts["also"] = ", ".join(code for code in FAULTS if code in one.also)
    return Finding(one.code, {name: value for name, value in facts.items() if value})


def _nothing(given: Given) -> Finding:
    program = program_of(given, "")
    return Finding(UNKNOWN, {"program": program} if program else {})
