"""The rehearsal relay of this run, if there is one."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tocsin.base.home import Home
from tocsin.central.problem import Invalid, Problem, unknown_name
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine.errors import Conflict

REHEARSING = "TOCSIN_REHEARSAL"
"""Set in the environment of a run in which no mail may go to a configured relay."""

NO_RELAY = "no rehearsal relay runs here; 'tocsin up --rehearsal' starts one"


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
    faults: tuple[str, ...] = field(default=(), compare=False)
    """What it plays now. Not part of which relay it is: nobody who sends there is told, the
    sender has to find out by itself as with any relay."""
    generation: int = field(default=0, compare=False)
    """The number of the last request to play other faults that it has followed."""


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
            faults=tuple(told.get("faults", ())),
            generation=told.get("generation", 0),
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


@dataclass(frozen=True, slots=True)
class Playable:
    """A fault that the rehearsal relay can play."""

    name: str
    code: str
    """What a diagnosis should come to."""
    summary: str
    step: str
    """The step at which a client meets it first."""


def faults() -> tuple[Playable, ...]:
    """All of them, by the order of the way and then by name."""
    from tocsin.mail.smtp.step import Step  # noqa: PLC0415 -- the facts are read without it
    from tocsin.rehearsal.fault.registry import load_faults  # noqa: PLC0415

    order = tuple(Step)
    found = sorted(load_faults().values(), key=lambda one: (order.index(one.at), one.name))
    return tuple(Playable(one.name, one.code, one.summary, one.at.value) for one in found)


def faults_in_force(principal: Principal, home: Home | None = None) -> RehearsalFacts:
    """The rehearsal relay of this run, with what it plays now.

    Raises:
        NotPermitted: the role may not read.
        Conflict: none runs.
    """
    require(principal, Permission.READ)
    from tocsin.rehearsal.control import in_force  # noqa: PLC0415 -- as above

    found = facts(home)
    if found is None:
        raise Conflict(NO_RELAY)
    # The relay says it in its own folder first.
    now = in_force(found.inbox)
    return replace(found, faults=now.faults, generation=now.generation) if now else found


def set_faults(
    principal: Principal, names: Sequence[str], home: Home | None = None
) -> RehearsalFacts:
    """Let the rehearsal relay of this run play these faults alone; returns when it does.

    Raises:
        NotPermitted: the role may not administer.
        Invalid: a name is not that of a fault; nothing has changed.
        Conflict: no relay runs, or it did not follow in time.
    """
    require(principal, Permission.ADMINISTER)
    from tocsin.rehearsal.control import NotFollowed, ask  # noqa: PLC0415 -- as above
    from tocsin.rehearsal.fault.registry import load_faults  # noqa: PLC0415

    known = load_faults()
    wrong = [name for name in names if name not in known]
    if wrong:
        raise Invalid(_unknown(name, names.index(name), known) for name in wrong)
    found = faults_in_force(principal, home)
    try:
        told = ask(found.inbox, names)
    except NotFollowed as error:
        raise Conflict(str(error)) from None
    return replace(found, faults=told.faults, generation=told.generation)


def _unknown(name: str, place: int, known: Mapping[str, object]) -> Problem:
    problem = unknown_name(f"faults[{place}]", name, known)
    return Problem(problem.path, f"{name[:60]!a} {problem.message}", "see the list of faults")
