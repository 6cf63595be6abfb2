"""What has to be said in each language."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.domain.alarm import AlarmState, TransitionKind
from tocsin.domain.severity import Severity

FACTS = (
    *("severity", "type", "category", "state"),
    *(f"source_host.{part}" for part in ("ip", "port", "name", "mac", "user", "groups")),
    *(f"target_host.{part}" for part in ("ip", "port", "name", "mac", "user", "groups")),
    *("protocol", "source", "source_type", "received_at", "started_at", "last_seen_at"),
    *("ended_at", "count", "url", "id", "dedup_key"),
)
"""What a default mail says of an alarm, row by row; details and attributes follow."""


@dataclass(frozen=True, slots=True)
class Words:
    """One language. What stands in braces is filled in."""

    html_language: str
    severities: Mapping[Severity, str]
    states: Mapping[AlarmState, str]
    transitions: Mapping[TransitionKind, str]
    headlines: Mapping[TransitionKind, str]
    facts: Mapping[str, str]
    """The name of each of `FACTS`."""
    colon: str
    details: str
    attributes: str
    subject_source: str
    subject_target: str
    subject_inactive: str
    several_subject: str
    types: str
    types_at_least: str
    several_headline: str
    of_shown: str
    more: str
    see_all: str
    happened: str
    alarm: str
    not_shown: str
    """That a template of the action's own failed."""
    empty: str
    """That it made no text."""
    no_evidence: str
    """That the evidence was too large to go along."""

    def padded(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Names with their colon, as wide as the widest of them."""
        said = [f"{one}{self.colon}" for one in names]
        widest = max(map(width, said))
        return tuple(f"{one}{' ' * (widest - width(one) + 1)}" for one in said)


def width(text: str) -> int:
    """Columns that a text takes where every character has the same width, or twice that."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def hosts(source: str, target: str, parts: Mapping[str, str]) -> Mapping[str, str]:
    """The names of the facts of both hosts."""
    return {
        f"{end}_host.{part}": f"{name}{said}"
        for end, name in (("source", source), ("target", target))
        for part, said in parts.items()
    }
