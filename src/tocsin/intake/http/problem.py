"""Why a report cannot be taken, said for each field in words that help to mend it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

MOST_TOLD = 20
"""Errors of one report that are told; a report of only wrong fields would fill the answer."""

_SHOWN = 60
_LONGEST_PATH = 200


@dataclass(frozen=True, slots=True)
class FieldError:
    """One value at fault: where it stands, what is wrong, and what would be accepted."""

    path: str
    message: str
    accepted: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """A report that is refused, with an error for each field at fault."""

    errors: tuple[FieldError, ...]


def problem_of(error: ValidationError, accepted: Mapping[str, str]) -> Problem:
    """The problem of a report that did not fit; `accepted` says for each path what fits.

    A path of `accepted` may end in ``.*``, which stands for the names inside.
    """
    found = error.errors(include_url=False)
    told = [_field_error(one, accepted) for one in found[:MOST_TOLD]]
    if len(found) > MOST_TOLD:
        told.append(FieldError("alarm", f"{len(found) - MOST_TOLD} more fields are at fault"))
    return Problem(tuple(told))


def _field_error(found: Any, accepted: Mapping[str, str]) -> FieldError:
    steps: Sequence[str | int] = found["loc"]
    path, fits = _path(steps), _accepted(steps, accepted)
    match found["type"]:
        case "missing":
            return FieldError(path, "is missing", fits)
        case "extra_forbidden":
            parent = _path(steps[:-1])
            message = f"is not a field of {parent or 'an alarm'}"
            return FieldError(path, message, _named(parent, accepted))
        case _:
            return FieldError(path, f"{shown(found['input'])} {_words(found)}", fits)


_WORDS = {
    "string_too_short": "is empty",
    "string_pattern_mismatch": "has characters or a form that cannot be taken",
    "string_unicode": "is no Unicode text (half of a surrogate pair)",
    "string_type": "is not text",
    "int_type": "is not a whole number",
    "int_from_float": "is not a whole number",
    "int_parsing_size": "is out of range",
    "greater_than_equal": "is out of range",
    "less_than_equal": "is out of range",
    "dict_type": "is not an object",
    "model_type": "is not an object",
    "tuple_type": "is not a list",
}


def _words(found: Any) -> str:
    context = found.get("ctx", {})
    match found["type"]:
        case "string_too_long":
            return f"is longer than {context['max_length']} characters"
        case "too_long":
            return f"has more than {context['max_length']} entries"
        case "value_error":
            return str(context["error"])
        case known:
            return _WORDS.get(known, "is not accepted")


def _path(steps: Sequence[str | int]) -> str:
    text = ""
    for step in steps:
        if step == "[key]":
            continue
        name = f"[{step}]" if isinstance(step, int) else step or '""'
        text += name if isinstance(step, int) or not text else f".{name}"
    printable = text if text.isprintable() else ascii(text)[1:-1]
    return printable if len(printable) <= _LONGEST_PATH else printable[:_LONGEST_PATH] + "…"


def _accepted(steps: Sequence[str | int], accepted: Mapping[str, str]) -> str:
    names = [step if isinstance(step, str) else "*" for step in steps if step != "[key]"]
    for known in (".".join(names), ".".join([*names[:-1], "*"])):
        if known in accepted:
            return accepted[known]
    return ""


def _named(parent: str, accepted: Mapping[str, str]) -> str:
    depth = len(parent) + 1 if parent else 0
    names = [path[depth:] for path in accepted if path.startswith(parent)]
    return "fields: " + ", ".join(name for name in names if name and "." not in name)


def shown(value: object) -> str:
    """The beginning of a value as ASCII JSON, so that nothing in it can disturb its reader."""
    if isinstance(value, Mapping):
        return "an object"
    if not isinstance(value, str | int | float | None):
        return "a list" if isinstance(value, list | tuple) else "the value"
    try:
        text = json.dumps(value[: _SHOWN + 1] if isinstance(value, str) else value)
    except ValueError:  # an integer of more digits than Python writes out
        return "the number"
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
