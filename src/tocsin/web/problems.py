"""The problems of a document, at the fields of the form that it came from."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tocsin.central.problem import Invalid, Problem

_STEP = re.compile(r"^\[(\d+)\]\.?")


@dataclass(slots=True)
class FormProblems:
    """What is wrong, by field; `other` is what no field of the form is to blame for."""

    fields: dict[str, str] = field(default_factory=dict)
    other: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.fields or self.other)

    def tell(self, name: str, words: str) -> None:
        """Add words at a field; several come one after the other."""
        self.fields[name] = f"{self.fields[name]} {words}" if name in self.fields else words


def words_of(problem: Problem) -> str:
    """A problem as a sentence of its own."""
    message = problem.message[:1].upper() + problem.message[1:]
    message = message if message.endswith(".") else f"{message}."
    return f"{message} Accepted: {problem.accepted}." if problem.accepted else message


def of_part(invalid: Invalid, part: str, names: frozenset[str]) -> FormProblems:
    """Problems of a part that is one mapping, such as ``smtp``."""
    found = FormProblems()
    for one in invalid.problems:
        steps = one.path.removeprefix(f"{part}.")
        _file(found, one, steps if one.path.startswith(f"{part}.") else None, names)
    return found


def of_entry(invalid: Invalid, part: str, place: int, names: frozenset[str]) -> FormProblems:
    """Problems of one entry of a part that is a list, such as ``rules``."""
    found = FormProblems()
    for one in invalid.problems:
        rest = one.path.removeprefix(part)
        match = _STEP.match(rest) if one.path.startswith(part) else None
        ours = match is not None and int(match[1]) == place
        _file(found, one, rest[match.end() :] if match and ours else None, names)
    return found


def _file(found: FormProblems, problem: Problem, steps: str | None, names: frozenset[str]) -> None:
    if steps is not None:
        for name in (steps, steps.partition("[")[0], steps.partition(".")[0]):
            if name in names:
                found.tell(name, words_of(problem))
                return
        if steps.startswith("when."):
            found.tell(steps, words_of(problem))
            return
    found.other.append(f"{problem.path}: {problem.message}")
