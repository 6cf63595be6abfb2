"""Command lines out of a stream of octets (RFC 5321 section 2.3.8)."""

from __future__ import annotations

LONGEST = 65_536
"""Octets of a line without its end; SES publishes no limit, memory has one."""


class BrokenLine(Exception):
    """A CR or LF stood alone; `position` counts from the beginning of its line."""

    def __init__(self, position: int) -> None:
        super().__init__(f"a bare line end at {position}")
        self.position = position


class LongLine(Exception):
    """A line grew beyond `LONGEST`."""


def take_line(buffer: bytearray) -> bytes | None:
    """Take one line without its CRLF from the front of the buffer; None when none is whole.

    The outcome does not depend on how the octets were cut into pieces on the way.

    Raises:
        BrokenLine: it holds a CR or LF that stands alone.
        LongLine: it is too long.
    """
    end = buffer.find(b"\r\n")
    bare = _find_bare(buffer, len(buffer) if end < 0 else end)
    open_end = len(buffer) - buffer.endswith(b"\r")
    first = min((one for one in (end, bare) if one >= 0), default=open_end)
    if first > LONGEST:
        raise LongLine
    if bare >= 0:
        raise BrokenLine(bare)
    if end < 0:
        return None
    line = bytes(buffer[:end])
    del buffer[: end + 2]
    return line


def _find_bare(buffer: bytearray, end: int) -> int:
    """Where the first CR or LF stands alone before `end`, or -1.

    A CR at the very end of the buffer may yet become half of a pair.
    """
    feed = buffer.find(b"\n", 0, end)
    carriage = buffer.find(b"\r", 0, end)
    if carriage == len(buffer) - 1:
        carriage = -1
    return min((one for one in (feed, carriage) if one >= 0), default=-1)
