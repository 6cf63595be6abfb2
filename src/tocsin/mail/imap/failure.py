"""Why a mailbox cannot be read."""

from __future__ import annotations

from tocsin.faults.fault import Finding


class MailboxFailure(Exception):
    """The mailbox cannot be read, or not be changed; `finding` says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding
