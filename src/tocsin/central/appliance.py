"""How an appliance takes a change over, as its roles report it: observed, not assumed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tocsin.base.clock import SECOND, Instant

GONE_AFTER: Instant = 20 * SECOND
"""A role that reported nothing for so long is taken for gone."""


class Status(StrEnum):
    """The words of the field for an appliance's status."""

    INITIALIZING = "Initializing"
    """A role was not heard of yet, or is not ready yet."""
    UP = "Up"
    """Every role works, and works by the latest version."""
    CHANGES_PENDING = "Config Changes Pending"
    """A role works by an older version still."""
    CHANNEL_DOWN = "Config Channel Down"
    """A role has not been heard of for too long: what it does is not known."""
    APPLY_FAILED = "Apply Failed"
    """A role says that it cannot do what the configuration asks for."""


@dataclass(frozen=True, slots=True)
class RoleReport:
    """What one role last said."""

    role: str
    heartbeat_at: Instant
    applied_version: int
    ready: bool
    failure: str
    """What it cannot do, in words; empty when nothing."""


def appliance_status(
    latest: int, reports: Sequence[RoleReport], now: Instant, expected: Collection[str] = ()
) -> Status:
    """The status of an appliance from its roles' reports.

    The worst counts: a role that is gone, then one that says it cannot, then one that has
    not taken the latest version over yet, then one that is missing or not ready.

    Args:
        latest: number of the version in force.
        reports: the last report of each of its roles.
        now: the time.
        expected: roles that it consists of, whether they reported or not.
    """
    if any(now - one.heartbeat_at > GONE_AFTER for one in reports):
        return Status.CHANNEL_DOWN
    behind = [one for one in reports if one.applied_version < latest]
    waiting = [one for one in reports if not one.ready]
    if any(one.failure for one in (*behind, *waiting)):
        return Status.APPLY_FAILED
    if behind:
        return Status.CHANGES_PENDING
    if waiting or not reports or not set(expected) <= {one.role for one in reports}:
        return Status.INITIALIZING
    return Status.UP
