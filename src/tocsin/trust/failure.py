"""How looking at one endpoint ends when it does not succeed."""

from __future__ import annotations

from tocsin.faults.fault import Finding


class ProbeFailure(Exception):
    """A stage before TLS failed: the name, the connection, or the SMTP words before it."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding
