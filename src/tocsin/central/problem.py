"""What is wrong with a document, value by value."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = 80


@dataclass(frozen=True, slots=True)
class Problem:
    """One value that cannot be taken: where it stands, why, and what is accepted."""

    path: str
    """Such as ``rules[0].when.severity``."""
    message: str
    accepted: str = ""

    def __str__(self) -> str:
        accepted = f" (accepted: {self.accepted})" if self.accepted else ""
        return f"{self.path}: {self.message}{accepted}"


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


def shown(value: object) -> str:
    """A value as it stands in a problem: short, whatever was given."""
    return _REPR.repr(value)


def unknown_name(path: str, name: str, known: Iterable[str]) -> Problem:
    """A name that is not one of the known, with the one that may have been meant."""
    names = list(known)
    near = difflib.get_close_matches(name, names, 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return Problem(path, f"is not known here{hint}", ", ".join(names))


def problems_of(
    error: ValidationError, path: str, model: type[BaseModel], known: Sequence[str] = ()
) -> list[Problem]:
    """The problems that a model found, in our words.

    `known` are the names that a document gives to its fields, where these are not the model's.
    """
    names = known or names_of(model)
    return [_problem(found, path, model, names) for found in error.errors(include_url=False)]


def _problem(
    found: Mapping[str, Any], path: str, model: type[BaseModel], known: Sequence[str]
) -> Problem:
    place: Sequence[str | int] = found["loc"]
    context: Mapping[str, Any] = found.get("ctx", {})
    where = join(path, *place)
    match found["type"]:
        case "extra_forbidden":
            return unknown_name(where, str(place[-1]), known if len(place) == 1 else ())
        case "value_error":
            return Problem(where, str(context["error"]), _range(model, place))
        case "enum" | "literal_error":
            accepted = str(context["expected"]).replace("'", "")
            return Problem(where, f"{shown(found['input'])} is not accepted", accepted)
        case kind if kind in _NUMBERS:
            limits = {name: _limit(one) for name, one in context.items()}
            return Problem(where, _NUMBERS[kind].format(**limits), _range(model, place))
        case kind if kind in _WORDS:
            words, accepted = _WORDS[kind]
            return Problem(where, words.format(**context), accepted)
    message = str(found["msg"]).removeprefix("Input ")
    return Problem(where, message[:1].lower() + message[1:])


def names_of(model: type[BaseModel]) -> list[str]:
    """The names that a document gives to the fields of a model."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _range(model: type[BaseModel], place: Sequence[str | int]) -> str:
    """The values that a field of the model may have; empty when there are no such limits."""
    for name, field in model.model_fields.items():
        if len(place) == 1 and place[0] in {name, field.alias}:
            least = [one.ge for one in field.metadata if hasattr(one, "ge")]
            most = [one.le for one in field.metadata if hasattr(one, "le")]
            return f"{least[0]} to {most[0]}" if least and most else ""
    return ""


def _limit(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


_QUOTED = "text, in quotes where YAML takes it for a number, a date, true or false"
_WORDS: Mapping[str, tuple[str, str]] = {
    "missing": ("is missing", ""),
    "string_type": ("is no text", _QUOTED),
    "bool_type": ("is neither true nor false", ""),
    "bool_parsing": ("is neither true nor false", ""),
    "list_type": ("is no list", "[first, second]"),
    "tuple_type": ("is no list", "[first, second]"),
    "dict_type": ("is no mapping", "{name: value}"),
    "model_type": ("is no mapping", "{name: value}"),
    "model_attributes_type": ("is no mapping", "{name: value}"),
    "string_too_short": ("has fewer characters than {min_length}", ""),
    "string_too_long": ("has more characters than {max_length}", ""),
    "too_short": ("has fewer entries than {min_length}", ""),
    "too_long": ("has more entries than {max_length}", ""),
}
"""Pydantic's kind of error → our words, and what is accepted."""

_NUMBERS: Mapping[str, str] = {
    "int_type": "is no whole number",
    "int_parsing": "is no whole number",
    "int_parsing_size": "is no whole number",
    "int_from_float": "is no whole number",
    "float_type": "is no number",
    "float_parsing": "is no number",
    "finite_number": "is no number",
    "greater_than_equal": "is less than {ge}",
    "less_than_equal": "is more than {le}",
}
"""The same for numbers; what is accepted are the field's limits."""
