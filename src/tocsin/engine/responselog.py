"""``logs/response.log``: one line of JSON for each event of response management."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import orjson
import structlog

from tocsin.base.clock import now, rfc3339
from tocsin.store.queries.outbox import Outcome

_LARGEST = 64 * 1024 * 1024
"""Bytes after which the file is put aside as ``response.log.1``."""

_log = structlog.get_logger("response log")


class ResponseLog:
    """Appends events; the store is the record, this is the line for whoever greps."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def outcomes(self, outcomes: Sequence[Outcome]) -> None:
        """What became of attempts."""
        self._write(
            {
                "event": "attempt",
                "delivery": one.delivery_id,
                "action": one.action,
                "kind": one.kind,
                "number": one.number,
                "ok": one.ok,
                "state": one.state.value,
                "code": one.code,
                "reply": one.reply,
                "in_doubt": one.in_doubt,
                "recipients": [recipient.address for recipient in one.recipients],
            }
            for one in outcomes
        )

    def event(self, name: str, **facts: Any) -> None:
        """Anything else worth a line."""
        self._write([{"event": name, **facts}])

    def _write(self, events: Iterable[dict[str, Any]]) -> None:
        at = rfc3339(now())
        lines = b"".join(
            orjson.dumps({"at": at, **event}, option=orjson.OPT_APPEND_NEWLINE) for event in events
        )
        try:
            self._turn_over()
            # One write for all lines: O_APPEND keeps several writers' lines whole.
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(handle, lines)
            finally:
                os.close(handle)
        except OSError as error:
            # A log that cannot be written must not stop an alarm.
            _log.warning("cannot write", path=str(self._path), error=str(error))

    def _turn_over(self) -> None:
        try:
            size = self._path.stat().st_size
        except FileNotFoundError:
            return
        if size > _LARGEST:
            os.replace(self._path, self._path.with_name(self._path.name + ".1"))
