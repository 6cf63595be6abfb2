"""The doctor of the manager: walks are begun, kept, and looked at."""

from __future__ import annotations

import re
import threading
import time

from tocsin.base.clock import now
from tocsin.base.ids import uuid7
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine.doctorerrand import Asked, errand_of
from tocsin.engine.doctorrun import Run, run_of
from tocsin.engine.doctorwalk import walk_in_background
from tocsin.engine.errors import Conflict, NotFound
from tocsin.engine.page import Page
from tocsin.store.queries import doctor as queries

MOST_AT_ONCE = 3
"""Walks under way in one process: whoever waits for one holds a thread of the server."""
LONGEST_WAIT_S = 90.0

_ID = re.compile(r"[0-9a-f-]{36}")
_LOOK_EVERY_S = 0.1

_walking: dict[str, threading.Thread] = {}
_lock = threading.Lock()


def start(principal: Principal, asked: Asked) -> str:
    """Begin a walk; gives its id. It goes on in the background.

    Raises:
        NotPermitted: the role may not; a server that is not configured is an administrator's.
        NotFound: no relay of that name is configured.
        Refused: no relay is configured, or something that was given cannot be one.
        Conflict: so many are under way already that this one must wait.
    """
    relay, errand = errand_of(principal, asked)
    with _lock:
        for over in [id_ for id_, thread in _walking.items() if not thread.is_alive()]:
            del _walking[over]
        if len(_walking) >= MOST_AT_ONCE:
            raise Conflict(f"{MOST_AT_ONCE} walks are under way; ask again when one is over")
        id_ = uuid7()
        queries.begin(
            queries.NewRun(
                id=id_,
                began_at=now(),
                asked_by=principal.name,
                relay=relay,
                host=errand.relay.host,
                port=errand.relay.port,
                encryption=errand.relay.encryption.value,
                envelope={
                    "from": errand.sender,
                    "to": list(errand.recipients),
                    "send": errand.message is not None,
                },
            )
        )
        _walking[id_] = walk_in_background(id_, errand)
    return id_


def wait(principal: Principal, id_: str, timeout: float = LONGEST_WAIT_S) -> Run:
    """The walk when it is over, or as it is after so many seconds.

    Raises:
        NotPermitted: the role may not read.
        NotFound: there is none of that id.
    """
    deadline = time.monotonic() + timeout
    thread = _walking.get(id_)
    if thread is not None:
        thread.join(timeout)
    while (run := find_run(principal, id_)).is_running and time.monotonic() < deadline:
        time.sleep(_LOOK_EVERY_S)
    return run


def find_run(principal: Principal, id_: str) -> Run:
    """One walk.

    Raises:
        NotPermitted: the role may not read.
        NotFound: there is none of that id.
    """
    require(principal, Permission.READ)
    row = queries.find(id_) if _ID.fullmatch(id_) else None
    if row is None:
        raise NotFound("walk of the doctor", id_)
    return run_of(row)


def list_runs(principal: Principal, *, cursor: str | None = None, limit: int = 50) -> Page[Run]:
    """Walks, the newest first.

    Raises:
        NotPermitted: the role may not read.
        NotFound: the cursor is of no list of ours.
    """
    require(principal, Permission.READ)
    if cursor and _ID.fullmatch(cursor) is None:
        raise NotFound("cursor", cursor)
    rows = queries.latest(limit + 1, cursor)
    more = len(rows) > limit
    return Page([run_of(row) for row in rows[:limit]], rows[limit - 1].id if more else None, None)


def report_of(principal: Principal, id_: str) -> str:
    """The report of a walk as text, for a ticket.

    Raises:
        NotPermitted: the role may not read.
        NotFound: there is none of that id.
        Conflict: the walk is not over, or broke off.
    """
    run = find_run(principal, id_)
    if run.is_running:
        raise Conflict("the walk is under way; its report is there when it is over")
    if not run.report:
        raise Conflict("the walk broke off; it has no report")
    return run.report
