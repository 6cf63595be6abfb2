"""What the parts of a text may mean, and how they settle what it means as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

_TELLING = ("identities", "recipient", "name", "resource")
"""Facts by which two findings of one code are two."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A fault that a part of the text speaks of."""

    code: str
    start: int
    end: int
    facts: Mapping[str, str] = field(default_factory=dict)
    also: frozenset[str] = frozenset()
    """Other codes for which the same would be said."""
    vague: bool = False
    """A consequence: it counts only where no cause is told."""
    program: str = ""
    line: tuple[int, int] = (0, 0)

    @property
    def possible(self) -> frozenset[str]:
        """All that it may mean."""
        return self.also | {self.code}


def settle(found: Iterable[Candidate]) -> list[Candidate]:
    """The faults of the whole text, in its order.

    Words that can mean the same narrow each other down: "certificate verify failed" beside
    "certificate has expired" is the latter. Consequences count only without a cause.
    """
    settled: list[Candidate] = []
    ordered = sorted(found, key=lambda one: (one.vague, len(one.also), one.start))
    for one in ordered:
        for place, other in enumerate(settled):
            if _are_one(one, other):
                settled[place] = _narrowed(other, one)
                break
        else:
            settled.append(one)
    causes = [one for one in settled if not one.vague]
    return sorted(causes or _deepest(settled), key=lambda one: one.start)


def _are_one(one: Candidate, other: Candidate) -> bool:
    if one.code == other.code:
        return not _differ(one.facts, other.facts)
    if not one.also and not other.also:
        return False
    return bool(one.possible & other.possible)


def _differ(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    return any(
        one.get(name, other.get(name)) != other.get(name, one.get(name)) for name in _TELLING
    )


def _narrowed(sure: Candidate, other: Candidate) -> Candidate:
    """Both told as one fault: `sure` was told first, or leaves fewer possibilities."""
    both = sure.possible & other.possible
    code = next((one for one in (sure.code, other.code) if one in both), min(both))
    return replace(
        sure,
        code=code,
        also=both - {code},
        vague=sure.vague and other.vague,
        start=sure.start if sure.code == code else other.start,
        end=sure.end if sure.code == code else other.end,
        facts={**other.facts, **sure.facts},
        program=sure.program or other.program,
    )


def _deepest(vague: Sequence[Candidate]) -> Sequence[Candidate]:
    """Without a cause the last consequence is the nearest to it: stack traces end there."""
    return [max(vague, key=lambda one: one.start)] if vague else []
