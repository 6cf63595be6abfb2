"""Who asks, and what their role lets them do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The four roles; each may do all that the one before it may."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    RESPONDER = "responder"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """What can be done, apart from how a face calls it."""

    READ = "read"
    """See alarms, deliveries, rules, actions, appliances; never a secret."""
    REPORT_ALARMS = "report-alarms"
    """Send alarms in."""
    WORK_ALARMS = "work-alarms"
    """Acknowledge and close alarms."""
    TEST_ACTIONS = "test-actions"
    """Run Test Action; retry and cancel deliveries."""
    CHANGE_RESPONSE = "change-response"
    """Change response rules and actions."""
    ADMINISTER = "administer"
    """Change SMTP configuration, trust store, sources, people and tokens."""


_GRANTED: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: frozenset({Permission.READ}),
    Role.ANALYST: frozenset({Permission.READ, Permission.REPORT_ALARMS, Permission.WORK_ALARMS}),
    Role.RESPONDER: frozenset(set(Permission) - {Permission.ADMINISTER}),
    Role.ADMINISTRATOR: frozenset(Permission),
}


@dataclass(frozen=True, slots=True)
class Principal:
    """The person, token or local command on whose behalf something is done."""

    name: str
    role: Role
    origin: str
    """How they came in: ``page``, ``api``, ``command`` or ``system``."""

    def may(self, permission: Permission) -> bool:
        """Whether the role grants it."""
        return permission in _GRANTED[self.role]


class NotPermitted(Exception):
    """The role of the principal does not grant what was asked."""

    def __init__(self, principal: Principal, permission: Permission) -> None:
        super().__init__(
            f"{principal.name} has the role {principal.role}, which does not grant {permission}"
        )
        self.principal = principal
        self.permission = permission


def require(principal: Principal, permission: Permission) -> None:
    """The one permission check; every use case that changes or shows anything calls it.

    Raises:
        NotPermitted: the principal's role does not grant the permission.
    """
    if not principal.may(permission):
        raise NotPermitted(principal, permission)
