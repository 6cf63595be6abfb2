"""The rehearsal relay of this run, if there is one."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tocsin.base.home import Home

REHEARSING = "TOCSIN_REHEARSAL"
"""Set in the environment of a run in which no mail may go to a configured relay."""


@dataclass(frozen=True, slots=True)
class RehearsalFacts:
    """Where the rehearsal relay of this run listens, and what it takes."""

    host: str
    port: int
    smtps_port: int
    region: str
    user: str
    password_file: Path
    root_file: Path
    identities: tuple[str, ...]
    inbox: Path
    pid: int
    stands_in: bool
    """Whether it takes the place of the configured SMTP server for this run."""


def facts(home: Home | None = None) -> RehearsalFacts | None:
    """The rehearsal relay that belongs to this run; None when there is none alive."""
    path = (home or Home.of_environment()).rehearsal_facts
    try:
        told: Mapping[str, Any] = json.loads(path.read_text())
        found = RehearsalFacts(
            host=told["host"],
            port=told["port"],
            smtps_port=told["smtps_port"],
            region=told["region"],
            user=told["user"],
            password_file=Path(told["password_file"]),
            root_file=Path(told["root_file"]),
            identities=tuple(told["identities"]),
            inbox=Path(told["inbox"]),
            pid=told["pid"],
            stands_in=told["stands_in"],
        )
        os.kill(found.pid, 0)
    except (OSError, ValueError, KeyError):
        return None
    return found


def is_stand_in_run() -> bool:
    """Whether the rehearsal relay is the only one that this run may use."""
    return os.environ.get(REHEARSING) == "1"


def stand_in(home: Home) -> RehearsalFacts | None:
    """The rehearsal relay that takes the place of the configured ones now."""
    found = facts(home)
    return found if found is not None and found.stands_in else None
