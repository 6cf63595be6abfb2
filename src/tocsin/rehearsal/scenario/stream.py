"""A sensor's file that grows while it is read."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from io import FileIO
from pathlib import Path

from tocsin.rehearsal.scenario.record import Record

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True).encode


def write_stream(
    path: Path,
    records: Iterable[tuple[float, Record]],
    speed: float = 1.0,
    rotate_at: float | None = None,
    *,
    wait: Callable[[float], object] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> int:
    """Append the records to the file as their time comes; gives how many were written.

    `records` are (seconds, record), ascending; they pass `speed` times as fast as they
    happened. Before the first record of the time `rotate_at` (in the records' seconds) the
    file is put aside as ``NAME.1`` and begun anew, as a rotating program does. `wait` waits
    some seconds; when it gives something true, writing ends there, so the ``wait`` of a
    `threading.Event` fits.

    Raises:
        ValueError: the speed is not above zero.
        OSError: the file cannot be written.
    """
    if not speed > 0:
        raise ValueError("the speed must be above zero")
    began, written = monotonic(), 0
    stream = _open(path)
    try:
        for offset, record in records:
            ahead = offset / speed - (monotonic() - began)
            if ahead > 0 and wait(ahead):
                break
            if rotate_at is not None and offset >= rotate_at:
                stream.close()
                path.rename(path.with_name(path.name + ".1"))
                stream, rotate_at = _open(path), None
            _write(stream, _encode(record).encode() + b"\n")
            written += 1
    finally:
        stream.close()
    return written


def _open(path: Path) -> FileIO:
    return path.open("ab", buffering=0)


def _write(stream: FileIO, line: bytes) -> None:
    while line:
        line = line[stream.write(line) or 0 :]
