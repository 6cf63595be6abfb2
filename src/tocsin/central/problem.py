"""What is wrong with a document, value by value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import ValidationError


@dataclass(frozen=True, slots=True)
class Problem:
    """One value that cannot be taken: where it stands, why, and what is accepted."""

    path: str
    """Such as ``rules[0].when.severity``."""
    message: str
    accepted: str = ""


class Invalid(Exception):
    """A document that cannot be taken; all its problems, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{one.path}: {one.message}" for one in self.problems))


def join(path: str, *steps: str | int) -> str:
    """A path with more steps: names after dots, places in brackets."""
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            path += f".{step}" if path else step
    return path


def problems_of(error: ValidationError, path: str) -> list[Problem]:
    """The problems that a model found, in our words."""
    return [_problem(found, path) for found in error.errors(include_url=False)]


def _problem(found: object, path: str) -> Problem:
    assert isinstance(found, dict)
    place: Sequence[str | int] = found["loc"]
    context = found.get("ctx", {})
    where = join(path, *(step for step in place if not str(step).startswith("function-")))
    match found["type"]:
        case "missing":
            return Problem(where, "is missing")
        case "extra_forbidden":
            return Problem(where, "is not known here")
        case "value_error":
            return Problem(where, str(context.get("error", found["msg"])))
        case "enum" | "literal_error":
            return Problem(
                where, f"{found['input']!r} is not one of the accepted", context["expected"]
            )
        case _:
            message = found["msg"].removeprefix("Input ")
            return Problem(where, message[:1].lower() + message[1:])
