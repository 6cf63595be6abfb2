"""One open log file, known by its first bytes."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from pathlib import Path

from tocsin.intake.follow.position import HEAD, TELLING, FilePosition

_BLOCK = 1024 * 1024


class LogFile:
    """Reads at given places; the file keeps no place of its own.

    A writer of logs only ever adds to a file. Where that turns out not to be so (the file
    was emptied, or filled anew), `holds` says it, and what was just read does not count.
    """

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            FileNotFoundError: it is not there.
            OSError: it cannot be read, or is no regular file.
        """
        self.path = path
        # Opening a pipe without this flag would wait for a writer.
        self._handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        about = os.fstat(self._handle)
        if not stat.S_ISREG(about.st_mode):
            self.close()
            raise OSError(errno.EINVAL, "is not a regular file", str(path))
        self.device, self.inode = about.st_dev, about.st_ino
        self._modified = about.st_mtime_ns
        self._head = self.read(0, HEAD)
        self._digest = ""
        self._digest_length = -1

    def close(self) -> None:
        """Let go of it."""
        os.close(self._handle)

    @property
    def size(self) -> int:
        """Bytes, now."""
        return os.fstat(self._handle).st_size

    @property
    def modified(self) -> int:
        """When it was last written to; nanoseconds since 1970, now."""
        return os.fstat(self._handle).st_mtime_ns

    def begins_with(self, head: str, length: int) -> bool:
        """Whether SHA-256 of its first `length` bytes is `head`."""
        return len(self._head) >= length and _digest(self._head[:length]) == head

    def begins_like(self, other: LogFile) -> bool:
        """Whether both begin with the same bytes, as far as both go, and these tell something."""
        length = min(len(self._head), len(other._head))
        return length >= TELLING and self._head[:length] == other._head[:length]

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from there; fewer only at the end of the file."""
        pieces: list[bytes] = []
        while length > 0:
            piece = os.pread(self._handle, length, offset)
            if not piece:
                break
            pieces.append(piece)
            offset += len(piece)
            length -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def holds(self, end: int) -> bool:
        """Whether it is still the file it was, at least `end` bytes long.

        To be asked after reading: what was read before a yes was not of a file filled anew.
        """
        head = os.pread(self._handle, HEAD, 0)
        about = os.fstat(self._handle)
        if about.st_size < end or not head.startswith(self._head):
            return False
        self._head, self._modified = head, about.st_mtime_ns
        return True

    def at(self, offset: int) -> FilePosition:
        """The place as it is stored."""
        if self._digest_length != len(self._head):
            self._digest, self._digest_length = _digest(self._head), len(self._head)
        return FilePosition(
            self.device, self.inode, self._digest, self._digest_length, offset, self._modified
        )

    def find_line_end(self, start: int, most: int) -> tuple[int | None, int]:
        """Where the first line end from `start` on stands, if within `most` bytes.

        The second value is where the search ended.
        """
        offset = start
        while offset - start < most:
            block = self.read(offset, _BLOCK)
            found = block.find(b"\n")
            if found >= 0:
                return offset + found, offset + found
            offset += len(block)
            if len(block) < _BLOCK:
                break
        return None, offset

    def after_last_line(self) -> int:
        """Where the line begins that is not whole yet; the end when all lines are."""
        end = self.size
        while end > 0:
            start = max(0, end - _BLOCK)
            found = self.read(start, end - start).rfind(b"\n")
            if found >= 0:
                return start + found + 1
            end = start
        return 0

    def after_nuls(self, start: int) -> int | None:
        """Where the first byte from `start` on stands that is not NUL."""
        offset = start
        while block := self.read(offset, _BLOCK):
            rest = block.lstrip(b"\0")
            if rest:
                return offset + len(block) - len(rest)
            offset += len(block)
        return None


def _digest(head: bytes) -> str:
    return hashlib.sha256(head).hexdigest()
