"""What a use case raises; faces turn these into a page, a problem document or an exit status."""

from __future__ import annotations

from tocsin.faults.fault import Finding


class NotFound(Exception):
    """What was named does not exist."""

    def __init__(self, what: str, name: str) -> None:
        super().__init__(f"there is no {what} {name}")
        self.what = what
        self.name = name


class Conflict(Exception):
    """What was asked does not fit the present state; the message says how."""


class Refused(Exception):
    """What was given cannot be taken; the finding says why and what helps."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


class RoleMissing(Exception):
    """A role that this needs is not running."""

    def __init__(self, role: str) -> None:
        super().__init__(f"the {role} is not running; start the manager with 'tocsin up'")
        self.role = role
