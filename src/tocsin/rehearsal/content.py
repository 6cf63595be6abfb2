"""Message content as it comes in after DATA, up to the dot that ends it (RFC 5321 4.5.2)."""

from __future__ import annotations

_END = b"\r\n.\r\n"


class Content:
    """Collects one message. Only CRLF, dot, CRLF ends it: other line ends are content.

    A message above `most` octets is read to its end without being kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        # The line end of DATA itself: a dot on the first line is at the start of a line too.
        self._kept = bytearray(b"\r\n")
        self._dropped = 0
        self._searched = 0

    def take(self, buffer: bytearray) -> bool:
        """Take from the front of the buffer what belongs to the message; True when it ended."""
        self._kept += buffer
        end = self._kept.find(_END, max(0, self._searched - len(_END)))
        if end < 0:
            buffer.clear()
            self._searched = len(self._kept)
            self._drop_what_is_too_much()
            return False
        buffer[:] = self._kept[end + len(_END) :]
        del self._kept[end + 2 :]
        return True

    def finish(self) -> tuple[bytes, int]:
        """The content without dot-stuffing and its size in octets; too long, it is empty.

        The size of what was dropped on the way counts with its stuffing.
        """
        text = bytes(self._kept).replace(b"\r\n.", b"\r\n")[2:]
        size = self._dropped + len(text)
        return (text if size <= self._most else b""), size

    def _drop_what_is_too_much(self) -> None:
        """Once it is certainly too long, keep only what the end may begin with."""
        kept = len(self._kept)
        if self._dropped or (
            kept > self._most + len(_END) + 2
            and kept - self._kept.count(b"\r\n.") > self._most + len(_END) + 2
        ):
            tail = min(kept, len(_END) - 1)
            self._dropped += kept - tail
            del self._kept[:-tail]
            self._searched = tail
