"""How grave an alarm is."""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    """The five severities, gravest first; `rank` orders them."""

    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"
    TRIVIAL = "trivial"
    INFORMATIONAL = "informational"

    @property
    def rank(self) -> int:
        """5 for critical down to 1 for informational; stored, compared and sorted by."""
        return _RANKS[self]

    @classmethod
    def of_rank(cls, rank: int) -> Severity:
        """The severity of a stored rank."""
        return _BY_RANK[rank]


_RANKS = {severity: 5 - place for place, severity in enumerate(Severity)}
_BY_RANK = {rank: severity for severity, rank in _RANKS.items()}
