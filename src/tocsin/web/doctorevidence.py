"""The evidence of a finding, in the shapes that a page can show."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.domain.delivery import Exchange
from tocsin.engine.doctorrun import RunFinding

_EXCHANGE = frozenset(Exchange._fields)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was seen: values by name, what was said word for word, and everything else."""

    facts: tuple[tuple[str, str], ...]
    said: tuple[Exchange, ...]
    others: tuple[tuple[str, str], ...]
    """Lists and tables, as text of several lines."""


def evidence_of(finding: RunFinding) -> Evidence:
    """The facts of a finding and whatever else shows it; nothing twice."""
    facts: dict[str, str] = {}
    said: list[Exchange] = []
    others: list[tuple[str, str]] = []
    for name, value in {**finding.explained.facts, **finding.evidence}.items():
        if value is None or value in ("", [], {}):
            continue
        if _is_transcript(value):
            said += [Exchange(**{key: one[key] for key in _EXCHANGE}) for one in value]
        elif isinstance(value, Mapping) or (isinstance(value, list) and not _is_words(value)):
            others.append((name, json.dumps(value, ensure_ascii=False, indent=1)))
        else:
            facts[name] = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return Evidence(tuple(facts.items()), tuple(said), tuple(others))


def _is_words(value: list[Any]) -> bool:
    return all(isinstance(one, str | int | float) for one in value)


def _is_transcript(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, Mapping) and set(one) >= _EXCHANGE for one in value
    )
