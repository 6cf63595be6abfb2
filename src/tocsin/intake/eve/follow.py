"""A log file followed through rotation, truncation and restart: each line once, in order.

What is known of the file being read is its device, inode and a hash of its first bytes,
and how far it was read. From these the file is found again after a restart, under
whatever name rotation gave it, and is read to its end before the one that came after it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

BLOCK = 512 * 1024
"""Bytes read at once; also what bounds a batch."""
LONGEST_LINE = 16 * 1024 * 1024
"""Bytes; a longer line is no record."""
HEAD = 1024
"""Bytes at the beginning that a file is recognised by."""

_COMPRESSED = (".gz", ".xz", ".zst", ".bz2")


@dataclass(frozen=True, slots=True)
class FilePosition:
    """How far which file was read."""

    device: int
    inode: int
    head: str
    """SHA-256 of the first `head_length` bytes, in hex."""
    head_length: int
    offset: int
    written_at: int
    """When the file had been written to last, as seen then; nanoseconds."""

    @classmethod
    def from_plain(cls, stored: Mapping[str, Any]) -> FilePosition:
        """The inverse of `to_plain`."""
        return cls(**{name: stored[name] for name in cls.__dataclass_fields__})

    def to_plain(self) -> dict[str, Any]:
        """Plain data, to be stored."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Line:
    """One line, without its end; `content` of a line too long is only its beginning."""

    file: str
    offset: int
    content: bytes
    too_long: bool = False


@dataclass(frozen=True, slots=True)
class Lines:
    """What was read, and the position after it."""

    lines: tuple[Line, ...]
    position: FilePosition
    more: bool


class Follower:
    """Follows one file; `read` never waits and moves on only past whole lines."""

    def __init__(self, path: Path, position: FilePosition | None, *, from_end: bool) -> None:
        self._path = path
        self._position = position
        self._from_end = from_end
        self._handle: int | None = None
        self._name = path.name
        self._then: list[Path] = []
        """Rotated files that came after the one being read, oldest first."""

    @property
    def ready(self) -> bool:
        """Whether a file is open."""
        return self._handle is not None

    @property
    def position(self) -> FilePosition | None:
        """After what `read` gave last."""
        return self._position

    def close(self) -> None:
        """Let go of the file; a later `read` would find it again."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def read(self) -> Lines | None:
        """The next lines, or None while there are none.

        Raises:
            OSError: the folder or file cannot be read.
        """
        if self._handle is None and not self._find():
            return None
        if self._was_truncated():
            return self._after_truncation()
        # Looked at before reading: what the writer wrote to the old file before it began
        # the next one is then read below, and nothing comes after it.
        following = self._following()
        found = self._read_block()
        if found is not None:
            return found
        if following is None:
            return None
        tail = self._tail()
        self._open(following)
        return tail

    # Finding the file

    def _find(self) -> bool:
        if self._position is None:
            return self._begin()
        found = self._search(self._position)
        if found is None:
            return self._go_on_without()
        self._then = self._after(found)
        self._open(found, self._position)
        return True

    def _go_on_without(self) -> bool:
        """The file is gone, and what was not read of it: go on with what was written since."""
        assert self._position is not None
        since = self._position.written_at
        newer = [one for one in self._rotated() if one.stat().st_mtime_ns > since]
        begun_anew = self._path.exists() and self._path.stat().st_ino == self._position.inode
        if newer and not begun_anew:
            self._then = newer[1:]
            self._open(newer[0])
            return True
        if not self._path.exists():
            return False
        self._open(self._path)
        return True

    def _begin(self) -> bool:
        """A file never seen before: from its start, or from the end of its last whole line."""
        try:
            self._open(self._path)
        except FileNotFoundError:
            return False
        if self._from_end:
            assert self._position is not None
            assert self._handle is not None
            self._position = self._at(_end_of_last_line(self._handle))
        return True

    def _search(self, position: FilePosition) -> Path | None:
        """The file of that position: by inode where it fits, else by its first bytes."""
        fitting = [one for one in self._all() if _fits(one, position)]
        for one in fitting:
            if one.stat().st_ino == position.inode:
                return one
        if position.head_length == 0:
            return None
        return fitting[0] if fitting else None

    def _all(self) -> list[Path]:
        return [*([self._path] if self._path.exists() else []), *reversed(self._rotated())]

    def _rotated(self) -> list[Path]:
        """Files that rotation may have made of ours, the oldest first."""
        found = []
        for one in self._path.parent.iterdir():
            if (
                one.name.startswith(self._path.name)
                and one != self._path
                and one.suffix not in _COMPRESSED
                and one.is_file()
            ):
                with contextlib.suppress(FileNotFoundError):
                    found.append((one.stat().st_mtime_ns, one.name, one))
        return [one for _, _, one in sorted(found)]

    def _after(self, found: Path) -> list[Path]:
        """What was rotated after that file was."""
        rotated = self._rotated()
        return rotated[rotated.index(found) + 1 :] if found in rotated else []

    def _open(self, path: Path, position: FilePosition | None = None) -> None:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self.close()
        self._handle = handle
        self._name = path.name
        if position is None:
            self._position = self._at(0)
        else:
            about = os.fstat(handle)
            self._position = replace(position, device=about.st_dev, inode=about.st_ino)

    # Reading

    def _read_block(self) -> Lines | None:
        assert self._handle is not None
        assert self._position is not None
        start = self._position.offset
        block = os.pread(self._handle, BLOCK, start)
        end = block.rfind(b"\n") + 1
        if end == 0:
            if len(block) < BLOCK:
                return None  # no whole line yet
            return self._read_long_line(start)
        lines = tuple(_split(block[:end], start, self._name))
        self._position = self._at(start + end)
        return Lines(lines, self._position, more=len(block) == BLOCK)

    def _read_long_line(self, start: int) -> Lines | None:
        """A line longer than a block: whole if it may be, else only told of."""
        assert self._handle is not None
        pieces: list[bytes] = []
        length = 0
        while True:
            block = os.pread(self._handle, BLOCK, start + length)
            if not block:
                return None  # its end has not been written yet
            end = block.find(b"\n")
            kept = block if end < 0 else block[:end]
            if length < LONGEST_LINE:
                pieces.append(kept)
            length += len(kept)
            if end >= 0:
                break
        too_long = length > LONGEST_LINE
        content = pieces[0] if too_long else b"".join(pieces)
        self._position = self._at(start + length + 1)
        line = Line(self._name, start, content, too_long)
        return Lines((line,), self._position, more=True)

    def _tail(self) -> Lines | None:
        """What stands after the last line end of a file that no more is written to."""
        assert self._handle is not None
        assert self._position is not None
        start = self._position.offset
        rest = os.pread(self._handle, LONGEST_LINE, start)
        position = self._position
        if not rest:
            return None
        position = self._at(start + len(rest))
        return Lines((Line(self._name, start, rest),), position, more=True)

    def _at(self, offset: int) -> FilePosition:
        assert self._handle is not None
        about = os.fstat(self._handle)
        known = self._position
        if (
            known is not None
            and known.inode == about.st_ino
            and known.head_length == HEAD
            and offset >= HEAD
        ):
            return replace(known, offset=offset, written_at=about.st_mtime_ns)
        head = os.pread(self._handle, min(HEAD, offset), 0)
        return FilePosition(
            device=about.st_dev,
            inode=about.st_ino,
            head=hashlib.sha256(head).hexdigest(),
            head_length=len(head),
            offset=offset,
            written_at=about.st_mtime_ns,
        )

    # What comes after

    def _following(self) -> Path | None:
        """The file that the writer went on to, once it has written there."""
        while self._then:
            if self._then[0].exists():
                return self._then.pop(0)
            self._then.pop(0)
        assert self._handle is not None
        about = os.fstat(self._handle)
        try:
            current = self._path.stat()
        except FileNotFoundError:
            return None
        same = (current.st_dev, current.st_ino) == (about.st_dev, about.st_ino)
        # An empty new file may have been made by whoever rotates; the writer itself may
        # still write to the old one.
        return None if same or current.st_size == 0 else self._path

    def _was_truncated(self) -> bool:
        assert self._handle is not None
        assert self._position is not None
        if os.fstat(self._handle).st_size < self._position.offset:
            return True
        head = os.pread(self._handle, self._position.head_length, 0)
        return hashlib.sha256(head).hexdigest() != self._position.head

    def _after_truncation(self) -> Lines | None:
        """The file began anew. If a copy was made first, the unread rest is in there."""
        assert self._position is not None
        old = self._position
        copies = [one for one in self._rotated() if old.head_length and _fits(one, old)]
        if copies:
            self._then = []
            self._open(copies[-1], old)
            return self.read()
        self._open(self._path)
        return Lines((), self._at(0), more=True)


def _split(block: bytes, start: int, name: str) -> Iterator[Line]:
    offset = start
    for content in block[:-1].split(b"\n"):
        if content:
            yield Line(name, offset, content)
        offset += len(content) + 1


def _end_of_last_line(handle: int) -> int:
    size = os.fstat(handle).st_size
    end = size
    while end > 0:
        start = max(0, end - BLOCK)
        found = os.pread(handle, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _fits(path: Path, position: FilePosition) -> bool:
    """Whether the file may be the one of that position."""
    try:
        with path.open("rb") as stream:
            about = os.fstat(stream.fileno())
            if position.head_length == 0:
                return (about.st_dev, about.st_ino) == (position.device, position.inode)
            if about.st_size < position.offset:
                return False
            head = stream.read(position.head_length)
    except (FileNotFoundError, PermissionError):
        return False
    return hashlib.sha256(head).hexdigest() == position.head
