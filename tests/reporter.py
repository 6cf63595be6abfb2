"""A client that reports alarms in a thread of its own and keeps on until each has its 202."""

from __future__ import annotations

import http.client
import json
import queue
import threading
import time
from collections.abc import Sequence
from typing import Any, Self

_AGAIN_S = 0.02


class Reporter:
    """Reports batches in their order; what got no 202 is reported again under the same keys."""

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        self._batches: queue.Queue[Sequence[dict[str, Any]] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name="reporter", daemon=True)
        self._connection: http.client.HTTPConnection | None = None
        self._stopping = threading.Event()
        self.accepted: dict[str, str] = {}
        """The id that the 202 gave for each dedup_key."""
        self.answers = 0
        """Requests that got a 202."""
        self.unanswered = 0
        """Requests that got nothing: whether their alarms were stored is not known."""
        self.refusals: list[tuple[int, str]] = []
        """Status and code of every other answer."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End it, with whatever is left."""
        self._stopping.set()
        self._batches.put(None)
        self._thread.join(60)
        assert not self._thread.is_alive()
        self.hang_up()

    def report(self, batch: Sequence[dict[str, Any]]) -> None:
        """Have these reported."""
        self._batches.put(batch)

    def try_once(self, batch: Sequence[dict[str, Any]]) -> bool:
        """Report these here and now, and not again; True when they got their 202."""
        return self._post(batch)

    @property
    def idle(self) -> bool:
        """Nothing is left to report."""
        return self._batches.unfinished_tasks == 0

    def _run(self) -> None:
        while (batch := self._batches.get()) is not None:
            while not self._stopping.is_set() and not self._post(batch):
                time.sleep(_AGAIN_S)
            self._batches.task_done()

    def _post(self, batch: Sequence[dict[str, Any]]) -> bool:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            body = json.dumps(batch)
            self._connection.request("POST", "/api/v1/alarms", body, self._headers)
            answer = self._connection.getresponse()
            told = json.loads(answer.read())
        except (OSError, http.client.HTTPException):
            self.unanswered += 1
            self.hang_up()
            return False
        if answer.status != 202:
            self.refusals.append((answer.status, str(told.get("code"))))
            return False
        for alarm, result in zip(batch, told, strict=True):
            self.accepted[alarm["dedup_key"]] = result["id"]
        self.answers += 1
        return True

    def hang_up(self) -> None:
        """End the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
