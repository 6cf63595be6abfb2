"""Properties of following a log: whatever is written and however it is rotated, each line once."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import time
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.intake.follow.follower import Follower
from tocsin.intake.follow.position import FilePosition

_number = itertools.count()


class Log:
    """A log as a sensor and a rotating program treat it, and what must be read of it."""

    def __init__(self, folder: Path, naming: str) -> None:
        self.path = folder / "eve.json"
        self._naming = naming
        self._rotations = 0
        # Longer than a file system's clock ticks lies between any two steps.
        self._now = time.time_ns() + 1_000_000_000
        self._done: list[bytes] = []
        self._content = b""
        self._stream = None

    def write(self, content: bytes) -> None:
        """What a sensor does: append, to a new file when there is none open."""
        if self._stream is None:
            self._stream = self.path.open("ab", buffering=0)
        if content and not self._content:
            # No two logs begin alike: their first record has its own time.
            content = b"%064d log\n" % next(_number) + content
        self._stream.write(content)
        self._content += content
        self._stamp(self._stream.fileno())

    def rename(self, late: bytes, *, create: bool) -> None:
        """Rotation by name; `late` is written to the old file before the new one is begun."""
        if not self.path.exists():
            return
        self.path.rename(self._next_name())
        if create:
            self.path.touch()
            self._stamp(self.path)
        if late and self._stream is not None:
            self.write(late)
        self.close()
        self._done.append(self._content)
        self._content = b""

    def copy_and_truncate(self) -> None:
        """Rotation in place."""
        if not self.path.exists():
            return
        copy = self._next_name()
        shutil.copyfile(self.path, copy)
        self._stamp(copy)
        os.truncate(self.path, 0)
        self._stamp(self.path)
        self._done.append(self._content)
        self._content = b""

    def _stamp(self, file: Path | int) -> None:
        self._now += 10_000_000
        os.utime(file, ns=(self._now, self._now))

    def end_line(self) -> None:
        """Make the last line whole."""
        self.write(b"\n")

    def close(self) -> None:
        """Let go of the file."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def lines(self) -> list[bytes]:
        """Every line, in order; a file's unended last line is one, NULs before a line are none."""
        contents = [*self._done, self._content]
        pieces = (piece.lstrip(b"\0") for one in contents for piece in one.split(b"\n"))
        return [piece for piece in pieces if piece and not piece.isspace()]

    def _next_name(self) -> Path:
        self._rotations += 1
        if self._naming == "dates":
            return self.path.with_name(f"eve.json-20230903{self._rotations:06}")
        for number in range(self._rotations, 0, -1):
            older = self.path.with_name(f"eve.json.{number}")
            if older.exists():
                older.rename(self.path.with_name(f"eve.json.{number + 1}"))
        return self.path.with_name("eve.json.1")


class Reading:
    """A reader whose process may die: only what was stored with its position counts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stored: FilePosition | None = None
        self._follower = Follower(path)
        self.lines: list[bytes] = []

    def restart(self) -> None:
        """Begin again from the stored position."""
        self.close()
        self._follower = Follower(self._path, self._stored)

    def close(self) -> None:
        """End it."""
        self._follower.close()

    def read(self, most_lines: int, most_bytes: int, *, dies: bool) -> bool:
        """Read once; what a dying process read is lost with it."""
        found = self._follower.read(most_lines=most_lines, most_bytes=most_bytes)
        if dies:
            self.restart()
        elif found is not None:
            self.lines += [line.content for line in found.lines]
            self._stored = FilePosition.from_plain(found.position.to_plain())
            for line in found.lines:
                assert line.length == len(line.content)
        return found is not None

    def drain(self) -> None:
        """Read until nothing comes any more."""
        for _ in range(2):
            while self.read(50, 1000, dies=False):
                pass
            self.restart()


TEXT = st.one_of(
    st.binary(max_size=40),
    st.lists(
        st.sampled_from([b'{"a":1}', b"\n", b"\r\n", b"x" * 200, b"\0", b" "]), max_size=6
    ).map(b"".join),
)
WRITE = st.tuples(st.just("write"), TEXT)
RENAME = st.tuples(st.just("rename"), TEXT, st.booleans())
READ = st.tuples(
    st.just("read"), st.integers(1, 5), st.sampled_from([1, 7, 64, 1000]), st.booleans()
)
RESTART = st.tuples(st.just("restart"))
COPY = st.tuples(st.just("copy"))
TOUCH = st.tuples(st.just("touch"))


def follow(steps: list[tuple], naming: str) -> tuple[list[bytes], list[bytes]]:
    """Do the steps; gives what was read and what was written."""
    with tempfile.TemporaryDirectory() as folder:
        log = Log(Path(folder), naming)
        reading = Reading(log.path)
        for step in steps:
            match step:
                case ("write", content):
                    log.write(content)
                case ("rename", late, create):
                    log.rename(late, create=create)
                case ("copy",):
                    log.copy_and_truncate()
                case ("touch",):
                    log.write(b"")
                case ("read", most_lines, most_bytes, dies):
                    reading.read(most_lines, most_bytes, dies=dies)
                case ("restart",):
                    reading.restart()
        log.end_line()
        reading.drain()
        reading.close()
        log.close()
        return reading.lines, log.lines()


@settings(max_examples=300, deadline=None)
@given(
    steps=st.lists(st.one_of(WRITE, WRITE, RENAME, READ, READ, RESTART), max_size=25),
    naming=st.sampled_from(["numbers", "dates"]),
)
def test_each_line_once_through_renames_and_restarts(steps: list[tuple], naming: str) -> None:
    """Any bytes, read in any pieces, renamed and restarted at any moment: each line once."""
    read, written = follow([("read", 1, 1, False), *steps], naming)
    assert read == written


@settings(max_examples=300, deadline=None)
@given(
    steps=st.lists(st.one_of(WRITE, WRITE, TOUCH, RENAME, COPY, READ, READ, RESTART), max_size=25),
    naming=st.sampled_from(["numbers", "dates"]),
)
def test_each_line_once_through_copies(steps: list[tuple], naming: str) -> None:
    """The same where files are copied and emptied in place, alone or between renames."""
    read, written = follow([("read", 1, 1, False), *steps], naming)
    assert read == written


@settings(max_examples=100, deadline=None)
@given(
    before=TEXT,
    steps=st.lists(st.one_of(WRITE, RENAME, READ, RESTART), max_size=12),
)
def test_from_the_end_nothing_old_is_read(before: bytes, steps: list[tuple]) -> None:
    """Begun at the end, exactly what was not a whole line by then is read."""
    with tempfile.TemporaryDirectory() as folder:
        log = Log(Path(folder), "numbers")
        log.write(before)
        before = log._content
        follower = Follower(log.path, start="end")
        first = follower.read()
        assert first is not None
        assert not first.lines
        follower.close()
        reading = Reading(log.path)
        reading._stored = first.position
        reading.restart()
        for step in steps:
            match step:
                case ("write", content):
                    log.write(content)
                case ("rename", late, create):
                    log.rename(late, create=create)
                case ("read", most_lines, most_bytes, dies):
                    reading.read(most_lines, most_bytes, dies=dies)
                case ("restart",):
                    reading.restart()
        log.end_line()
        reading.drain()
        reading.close()
        log.close()
        skipped = before[: before.rfind(b"\n") + 1]
        pieces = (piece.lstrip(b"\0") for piece in skipped.split(b"\n"))
        old = [piece for piece in pieces if piece and not piece.isspace()]
        assert reading.lines == log.lines()[len(old) :]
