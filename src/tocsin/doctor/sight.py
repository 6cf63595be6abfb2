"""A finding as it was met on the walk, before causes and consequences are told apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tocsin.faults.fault import Finding, Seriousness


@dataclass(frozen=True, slots=True)
class Sight:
    """What was wrong, at which step and address, and what shows it.

    `at_most` caps how serious it is here; the fault's own word counts otherwise.
    """

    finding: Finding
    step: str
    address: str | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    at_most: Seriousness = Seriousness.ERROR
