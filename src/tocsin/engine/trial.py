"""What a rule's conditions would have fitted of late, before the rule is saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.base.clock import DAY, now
from tocsin.domain.alarm import TransitionKind
from tocsin.domain.principal import Permission, Principal, require
from tocsin.rules.match import Rule, compile_rules
from tocsin.store import models
from tocsin.store.queries.alarms import to_domain

DAYS = 7
MOST = 10_000
"""Alarms that are looked at; the latest ones."""


@dataclass(frozen=True, slots=True)
class Trial:
    """How many of the alarms that were looked at fit; `cut` says there were more."""

    matched: int
    asked: int
    cut: bool
    days: int = DAYS


def of_last_days(principal: Principal, when: Mapping[str, Any]) -> Trial:
    """Ask stored alarms of the last days, as they are now, whether the conditions fit.

    Raises:
        NotPermitted: the role may not read.
        rules.BadCondition: the conditions were not checked.
    """
    require(principal, Permission.READ)
    rules = compile_rules([Rule("tried", enabled=True, when=when)])
    since = now() - DAYS * DAY
    rows = models.Alarm.objects.order_by("-id")[: MOST + 1]
    late = [row for row in rows.iterator(chunk_size=2_000) if row.received_at >= since]
    asked = late[:MOST]
    matched = sum(bool(rules.match(to_domain(row), TransitionKind.ACTIVE)) for row in asked)
    return Trial(matched, len(asked), cut=len(late) > MOST)
