"""Follows a log file through rotation, truncation and restart: each line once, in order.

Rotation is seen in two shapes. *Rename and create*: the file that is open goes on under
another name. It is read to its end, and left only when its successor holds something: one
writer writes one file after the other, so by then nothing more comes to the old one. What
stands there without a line end is then a line too. *Copy and truncate*: the file was
emptied in place. What had not been read of it is in the copy, which begins with the same
bytes.

After a restart the file of the stored position is looked for in the same way, by device
and inode or by its first bytes, under whatever name it has now, and all that came after
it is read in order. Compressed files are not gone on with; `notes` tell where something
may be missing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from tocsin.intake.follow.generation import (
    Generation,
    Restless,
    compressed,
    generations,
    identity_of,
)
from tocsin.intake.follow.logfile import LogFile
from tocsin.intake.follow.position import FilePosition
from tocsin.intake.follow.search import file_of, files_after, files_from, open_generation

LONGEST_LINE = 16 * 1024 * 1024
"""Bytes; a longer line is told of, not given."""
SHOWN = 4096
"""Bytes given of a line that is too long."""

_SEARCHED = 8 * LONGEST_LINE
"""Bytes searched for a line end in one call."""
_UNTOUCHED = 2_000_000_000
"""Nanoseconds after which an unended line that is whole in itself is taken as ended."""


class Line(NamedTuple):
    """One line without its end, and where it stands."""

    offset: int
    length: int
    content: bytes
    """All of it; only the beginning when `too_long`."""
    too_long: bool = False


@dataclass(frozen=True, slots=True)
class Lines:
    """What was read of one file, and the position after it; blank lines are left out."""

    lines: tuple[Line, ...]
    position: FilePosition
    path: Path
    more: bool
    notes: tuple[str, ...]


class Follower:
    """Follows one log file. Nothing is opened before the first `read`."""

    def __init__(
        self,
        path: Path,
        position: FilePosition | None = None,
        *,
        start: Literal["start", "end"] = "start",
        is_whole: Callable[[bytes], bool] | None = None,
    ) -> None:
        """Go on at `position`; without one, at the `start` or `end` of what is there now.

        `is_whole` says whether a last line that has no end is a record all the same, as no
        beginning of a JSON object is one. Without it such a line waits for its end.
        """
        self._path = path
        self._position = position
        self._start = start
        self._is_whole = is_whole
        self._file: LogFile | None = None
        self._searched = 0
        """Bytes after the position that are known to hold no line end."""
        self._notes: list[str] = []
        self._waiting_for: str | None = f"{path} was not looked at yet"

    @property
    def ready(self) -> bool:
        """Whether a file is open."""
        return self._file is not None

    @property
    def waiting_for(self) -> str | None:
        """What is missing while no file is open."""
        return None if self._file is not None else self._waiting_for

    @property
    def position(self) -> FilePosition | None:
        """After what `read` gave last."""
        return self._position

    def close(self) -> None:
        """Let go of the file; a later `read` finds it again."""
        if self._file is not None:
            self._file.close()
            self._file = None
            self._waiting_for = f"{self._path} was let go of"

    def read(self, *, most_lines: int = 2000, most_bytes: int = 1024 * 1024) -> Lines | None:
        """The next lines, or None when there is nothing new; never waits.

        Gives no lines but a position when only the position is new. `most_bytes` bounds
        what is read at once; a single longer line is given all the same.

        Raises:
            OSError: the file or its folder cannot be read now.
        """
        before = self._position
        try:
            found = self._advance(most_lines, most_bytes)
        except Restless:
            found = None
        except OSError as error:
            self.close()
            self._waiting_for = f"{self._path} cannot be read: {error.strerror or error}"
            raise
        if found is None and self._position is not None and self._position != before:
            found = self._lines((), more=False)
        return found

    def _advance(self, most_lines: int, most_bytes: int) -> Lines | None:
        if self._file is None and not self._open_where_left():
            return None
        most_bytes = min(most_bytes, LONGEST_LINE)
        while (found := self._take(most_lines, most_bytes)) is None and self._file is not None:
            following = self._following(self._file)
            if following is None:
                return None
            # The writer had gone on before this second reading, so it is complete.
            found = self._take(most_lines, most_bytes)
            if found is None and self._file is not None:
                found = self._go_on_to(following)
            if found is not None or self._file is None:
                return found
        return found

    # Reading

    def _take(self, most_lines: int, most_bytes: int) -> Lines | None:
        """Whole lines from the position on."""
        file, offset = self._opened()
        block = file.read(offset, most_bytes)
        if not file.holds(offset + len(block)) or (block and self._is_filled_anew()):
            return self._begin_anew()
        if block.startswith(b"\0"):
            # A writer that keeps its place leaves a hole where the file was emptied.
            start = file.after_nuls(offset)
            return None if start is None else self._taken((), start, more=True)
        pieces = block.split(b"\n", most_lines)
        rest = pieces.pop()
        if not pieces and len(block) == most_bytes:
            return self._take_long(file, offset)
        if not pieces:
            return self._take_unended(file, offset, block)
        lines: list[Line] = []
        for piece in pieces:
            if piece and not piece.isspace():
                lines += _lines_of(piece, offset)
            offset += len(piece) + 1
        more = len(block) == most_bytes or b"\n" in rest
        return self._taken(tuple(lines), offset, more=more)

    def _take_unended(self, file: LogFile, offset: int, block: bytes) -> Lines | None:
        """The last line of a file that its writer left without a line end."""
        if not block or self._is_whole is None:
            return None
        if time.time_ns() - file.modified < _UNTOUCHED or not self._is_whole(block):
            return None
        line = Line(offset, len(block), block)
        return self._taken((line,), offset + len(block), more=False)

    def _take_long(self, file: LogFile, offset: int) -> Lines | None:
        """A line that is longer than one reading."""
        end, searched = file.find_line_end(offset + self._searched, _SEARCHED)
        if end is None:
            self._searched = searched - offset
            return None
        lines = _lines_in(file, offset, end)
        if not file.holds(end + 1):
            return self._begin_anew()
        return self._taken(lines, end + 1, more=True)

    def _take_rest(self) -> Lines | None:
        """What stands after the last line end of a file that nothing more is written to."""
        file, offset = self._opened()
        end = file.size
        if end <= offset:
            return None
        lines = _lines_in(file, offset, end)
        if not file.holds(end):
            return self._begin_anew()
        return self._taken(lines, end, more=True)

    def _is_filled_anew(self) -> bool:
        """Whether an empty file has got something, which may not be the first since."""
        assert self._position is not None
        return self._position.head_length == 0

    def _opened(self) -> tuple[LogFile, int]:
        assert self._file is not None
        assert self._position is not None
        return self._file, self._position.offset

    def _taken(self, lines: tuple[Line, ...], offset: int, *, more: bool) -> Lines:
        self._move_to(offset)
        return self._lines(lines, more=more)

    def _move_to(self, offset: int) -> None:
        assert self._file is not None
        self._position = self._file.at(offset)
        self._searched = 0

    def _lines(self, lines: tuple[Line, ...], *, more: bool) -> Lines:
        assert self._position is not None
        path = self._path if self._file is None else self._file.path
        notes, self._notes = tuple(self._notes), []
        return Lines(lines, self._position, path, more, notes)

    # Finding the file

    def _open_where_left(self) -> bool:
        return self._open_first() if self._position is None else self._find(self._position)

    def _open_first(self) -> bool:
        """A log never seen before."""
        try:
            self._file = LogFile(self._path)
        except FileNotFoundError:
            self._waiting_for = f"there is no {self._path}"
            self._position = FilePosition.of_no_file()
            return False
        self._move_to(self._end_of(self._file) if self._start == "end" else 0)
        return True

    def _end_of(self, file: LogFile) -> int:
        """Where a line begins that is not whole yet."""
        start, size = file.after_last_line(), file.size
        whole = self._is_whole is not None and self._is_whole(file.read(start, LONGEST_LINE))
        return size if whole else start

    def _begin_anew(self) -> Lines | None:
        """The open file is not what it was: find what was being read, or what came after."""
        position = self._position
        assert position is not None
        self.close()
        return self._lines((), more=True) if self._find(position) else None

    def _find(self, position: FilePosition) -> bool:
        """Open the file of that position at its offset, else the first that came after."""
        files = generations(self._path)
        found = file_of(files, position)
        if found is not None:
            self._hold(found, min(position.offset, found.size))
            return True
        newer = files_from(files, position)
        filled = [one for one in newer if one.size > 0]
        first = open_generation(filled[0] if filled else newer[0]) if newer else None
        if first is None:
            self._waiting_for = f"there is no {self._path}"
            return False
        if position.offset > 0:
            self._note_gap(position)
        self._hold(first, 0)
        return True

    def _note_gap(self, position: FilePosition) -> None:
        packed = compressed(self._path)
        there = f"; compressed files are there ({', '.join(packed[-3:])})" if packed else ""
        self._notes.append(
            f"the file that {self._path} was is gone or was emptied: what it held after its "
            f"first {position.offset} bytes may not have been read{there}"
        )

    def _hold(self, file: LogFile, offset: int) -> None:
        self.close()
        self._file = file
        self._move_to(offset)

    def _following(self, file: LogFile) -> Generation | None:
        """The file that came after the open one, once it holds something."""
        assert self._position is not None
        after: Sequence[Generation] = ()
        if self._position.head_length == 0:
            after = files_from(generations(self._path), self._position)
        elif identity_of(self._path) != (file.device, file.inode):
            after = files_after(generations(self._path), file)
        return next((one for one in after if one.size > 0), None)

    def _go_on_to(self, following: Generation) -> Lines | None:
        """Leave the open file for the next one, after the last that it gives."""
        file = open_generation(following)
        if file is None:
            raise Restless
        try:
            known = self._known_of(file)
            # A copy that is as long holds the rest too, and may hold the end of its line.
            held = known is not None and file.size >= self._opened()[0].size
            rest = None if held else self._take_rest()
        except OSError:
            file.close()
            raise
        if rest is None and self._file is not None:
            self._hold(file, known or 0)
        else:
            file.close()
        return rest

    def _known_of(self, other: LogFile) -> int | None:
        """How many bytes of the other file were read in the open one; None if it is no copy.

        While a log is copied and then emptied, the same lines stand in two files.
        """
        file, offset = self._opened()
        if not file.begins_like(other):
            return None
        known = min(offset, other.size)
        # Their beginnings are the same; so must be what stands before that place.
        before = max(0, known - SHOWN)
        same = file.read(before, known - before) == other.read(before, known - before)
        return known if same else None


def _lines_in(file: LogFile, offset: int, end: int) -> tuple[Line, ...]:
    """The line of that place; none when it is blank."""
    length = end - offset
    if length > LONGEST_LINE:
        return (Line(offset, length, file.read(offset, SHOWN), too_long=True),)
    return _lines_of(file.read(offset, length), offset)


def _lines_of(content: bytes, offset: int) -> tuple[Line, ...]:
    """The line without the NULs that a hole in the file left before it; none when blank."""
    if content.startswith(b"\0"):
        bare = content.lstrip(b"\0")
        offset += len(content) - len(bare)
        content = bare
    if not content or content.isspace():
        return ()
    return (Line(offset, len(content), content),)
