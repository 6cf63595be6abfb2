"""Looking deeper into a server's TLS on behalf of somebody."""

from __future__ import annotations

import asyncio

from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine.target import bounded, check_target
from tocsin.trust.deep.found import DeepProbe
from tocsin.trust.deep.look import probe_deeply


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
    check_target(host, port, mode)
    return asyncio.run(probe_deeply(host, port, mode, timeout=bounded(timeout)))
