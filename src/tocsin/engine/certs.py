"""Collecting a chain on behalf of somebody, judged by the trust store in force."""

from __future__ import annotations

import asyncio

from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine.configuration import current
from tocsin.engine.errors import Refused
from tocsin.faults.fault import Finding
from tocsin.trust.collect import Collection
from tocsin.trust.collect import collect as look

_MODES = ("starttls", "smtps")
_HIGHEST_PORT = 65_535
_LONGEST_S = 60.0


def collect(
    principal: Principal,
    host: str,
    port: int,
    mode: str | None = None,
    *,
    timeout: float = 30.0,
) -> Collection:
    """The chain that a server presents at every address of its name.

    Raises:
        NotPermitted: the role may not: connections are made from this machine.
        Refused: host, port or mode cannot be one.
    """
    require(principal, Permission.ADMINISTER)
    if not host or any(one.isspace() or not one.isprintable() for one in host):
        raise _refused("host", "is no host name or address")
    if not 0 < port <= _HIGHEST_PORT:
        raise _refused("port", f"is not between 1 and {_HIGHEST_PORT}")
    if mode is not None and mode not in _MODES:
        raise _refused("mode", f"is not one of {', '.join(_MODES)}")
    configuration = current().configuration
    return asyncio.run(
        look(
            host,
            port,
            mode,
            anchors=tuple(one.anchor for one in configuration.trust),
            policy=configuration.ciphers.policy,
            timeout=max(1.0, min(timeout, _LONGEST_S)),
        )
    )


def _refused(field: str, problem: str) -> Refused:
    return Refused(Finding("input.invalid", {"field": field, "problem": problem}))
