"""What somebody wants looked at: a server, a port, how its TLS begins, and for how long."""

from __future__ import annotations

import math

from tocsin.engine.errors import Refused
from tocsin.faults.fault import Finding

MODES = ("starttls", "smtps")
_HIGHEST_PORT = 65_535
_LONGEST_S = 60.0


def check_target(host: str, port: int, mode: str | None) -> None:
    """See that it can be one.

    Raises:
        Refused: host, port or mode cannot be one.
    """
    if not host or any(one.isspace() or not one.isprintable() for one in host):
        raise _refused("host", "is no host name or address")
    if not 0 < port <= _HIGHEST_PORT:
        raise _refused("port", f"is not between 1 and {_HIGHEST_PORT}")
    if mode is not None and mode not in MODES:
        raise _refused("mode", f"is not one of {', '.join(MODES)}")


def bounded(timeout: float) -> float:
    """The seconds that a look may take, for so many that were asked for."""
    return max(1.0, min(timeout, _LONGEST_S)) if math.isfinite(timeout) else _LONGEST_S


def _refused(field: str, problem: str) -> Refused:
    return Refused(Finding("input.invalid", {"field": field, "problem": problem}))
