"""Looking deeper into a server's TLS on behalf of somebody."""

from __future__ import annotations

import asyncio
import math

from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine.errors import Refused
from tocsin.faults.fault import Finding
from tocsin.trust.deep.found import DeepProbe
from tocsin.trust.deep.look import probe_deeply

MODES = ("starttls", "smtps")
_HIGHEST_PORT = 65_535
_LONGEST_S = 60.0


def probe(
    principal: Principal,
    host: str,
    port: int,
    mode: str | None = None,
    *,
    timeout: float = 30.0,
) -> DeepProbe:
    """What the server takes: versions, suites, temporary keys, and the rest.

    Raises:
        NotPermitted: the role may not: connections are made from this machine.
        Refused: host, port or mode cannot be one.
    """
    require(principal, Permission.ADMINISTER)
    if not host or any(one.isspace() or not one.isprintable() for one in host):
        raise _refused("host", "is no host name or address")
    if not 0 < port <= _HIGHEST_PORT:
        raise _refused("port", f"is not between 1 and {_HIGHEST_PORT}")
    if mode is not None and mode not in MODES:
        raise _refused("mode", f"is not one of {', '.join(MODES)}")
    seconds = max(1.0, min(timeout, _LONGEST_S)) if math.isfinite(timeout) else _LONGEST_S
    return asyncio.run(probe_deeply(host, port, mode, timeout=seconds))


def _refused(field: str, problem: str) -> Refused:
    return Refused(Finding("input.invalid", {"field": field, "problem": problem}))
