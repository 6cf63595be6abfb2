"""A home whose outbox is full: decided by the program itself, nothing sent yet."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Self

from machine import wait_until
from manager import Manager, post, relay
from multiply import multiply
from sink import Sink

_QUEUED = 'tocsin_deliveries_total{kind="email",state="queued"}'


def document() -> dict[str, Any]:
    """One rule that matches everything, one mail for each alarm, and no relay to mail by."""
    return {
        "actions": [
            {
                "name": "Mail the SOC",
                "kind": "email",
                "to": ["soc@example.com"],
                "subject": "alarm {{ alarm.type }}",
            }
        ],
        "rules": [{"name": "Everything", "when": {}, "active": ["Mail the SOC"]}],
    }


class Queued:
    """So many deliveries in a home that copies are made of, one for each round."""

    def __init__(self, home: Path, token: str) -> None:
        self._home = home
        self.token = token
        """Lets every copy be asked."""

    @classmethod
    def filled(cls, folder: Path, count: int, *, seconds: float = 300) -> Self:
        """Alarms are posted to a manager that knows no relay, until all are decided."""
        manager = Manager(folder)
        manager.apply(document())
        token = manager.token()
        manager.start()
        try:
            post(manager, token, count, batch=500, prefix="q")
            wait_until(lambda: manager.counted(_QUEUED) >= count, "the decisions", seconds, 0.2)
        finally:
            manager.stop()
        return cls(manager.home, token)

    def multiplied(self, folder: Path, times: int) -> Queued:
        """Another, with so many deliveries for each of this one."""
        shutil.copytree(self._home, folder, ignore=shutil.ignore_patterns("run"))
        multiply(folder / "tocsin.db", times)
        return Queued(folder, self.token)

    def copy(self, folder: Path, sink: Sink, *, port: int | None = None) -> Manager:
        """A home of its own with the same outbox; that sink, behind that port, is its relay."""
        copied = Manager(folder)
        shutil.copytree(self._home, copied.home, ignore=shutil.ignore_patterns("run"))
        copied.apply(relay(sink, port=port))
        return copied


def delivered(manager: Manager) -> int:
    """How many deliveries of a home are recorded as delivered."""
    with closing(sqlite3.connect(f"file:{manager.home / 'tocsin.db'}?mode=ro", uri=True)) as store:
        (count,) = store.execute(
            "SELECT count(*) FROM delivery WHERE state = 'delivered'"
        ).fetchone()
    return int(count)
