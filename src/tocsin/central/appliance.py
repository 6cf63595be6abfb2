"""How an appliance takes a change over, as its roles report it: observed, not assumed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tocsin.base.clock import SECOND, Instant

GONE_AFTER: Instant = 20 * SECOND
"""A role that reported nothing for so long is taken for gone."""


class Status(StrEnum):
    """The words of the field for an appliance's status."""

    INITIALIZING = "Initializing"
    UP = "Up"
    CHANGES_PENDING = "Config Changes Pending"
    CHANNEL_DOWN = "Config Channel Down"
    APPLY_FAILED = "Apply Failed"


@dataclass(frozen=True, slots=True)
class RoleReport:
    """What one role last said."""

    role: str
    heartbeat_at: Instant
    applied_version: int
    ready: bool
    failure: str


def appliance_status(latest: int, reports: Sequence[RoleReport], now: Instant) -> Status:
    """The status of an appliance from its roles' reports.

    The worst counts: a role that is gone, then one that could not take the version
    over, then one that has not yet, then one that is not ready.
    """
    if not reports:
        return Status.INITIALIZING
    if any(now - one.heartbeat_at > GONE_AFTER for one in reports):
        return Status.CHANNEL_DOWN
    if any(one.failure and one.applied_version < latest for one in reports):
        return Status.APPLY_FAILED
    if any(one.applied_version < latest for one in reports):
        return Status.CHANGES_PENDING
    if not all(one.ready for one in reports):
        return Status.INITIALIZING
    return Status.UP
