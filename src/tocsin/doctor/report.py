"""What a walk found: its steps, and its findings with the root cause first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.base.clock import Instant
from tocsin.doctor.remedy import Remedy
from tocsin.doctor.step import Step
from tocsin.faults.fault import Finding, Seriousness


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """A finding of the walk.

    `severity` is the fault's own, or less: one refused address beside a working one is a
    warning. `consequence_of` is the code of the finding that this one follows from.
    """

    finding: Finding
    step: str
    address: str | None
    severity: Seriousness
    evidence: Mapping[str, Any]
    consequence_of: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """One walk that is over."""

    host: str
    port: int
    encryption: str
    began_at: Instant
    ms: float
    steps: tuple[Step, ...]
    findings: tuple[Diagnosed, ...]
    remedies: tuple[Remedy, ...] = ()
    """What Tocsin could do about the findings, in their order."""

    @property
    def ok(self) -> bool:
        """Whether mail would go this way: nothing found is an error."""
        return all(one.severity is not Seriousness.ERROR for one in self.findings)
