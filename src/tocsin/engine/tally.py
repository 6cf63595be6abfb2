"""How many deliveries entered each state over time."""

from __future__ import annotations

from tocsin.base.clock import Instant
from tocsin.domain.principal import Permission, Principal, require
from tocsin.store.queries import counters


def over_time(principal: Principal, since: Instant) -> list[tuple[Instant, str, int]]:
    """(when, state, deliveries that entered it) of each span since then.

    Raises:
        NotPermitted: the role may not read.
    """
    require(principal, Permission.READ)
    return counters.deliveries_over_time(since)
