"""The files that one log became by rotation: which there are, and in what order."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

# logrotate's numbers (eve.json.1) and dates (eve.json-20230903, eve.json-20230903-14,
# eve.json-1693699200), by default after the name and with `extension` before its ending.
_NUMBER = re.compile(r"\.(\d{1,6})")
_DATE = re.compile(r"[-._]\d{4}-?\d\d-?\d\d(?:[-._T:]?\d{1,10})*")
_COMPRESSED = (".gz", ".xz", ".zst", ".bz2", ".lz4", ".zip")
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Generation:
    """One file of the log. `modified` is in nanoseconds since 1970."""

    path: Path
    live: bool
    device: int
    inode: int
    size: int
    modified: int


class Restless(Exception):
    """The folder changes faster than it can be looked at: look again later."""


def generations(path: Path) -> list[Generation]:
    """The rotated files of a log, the oldest first, and the live one last if it is there.

    Compressed ones are not among them. Numbered files are older the higher their number;
    others go by when they were last written to, then by name. Where the log's name is a
    link, they lie beside what it leads to.

    Raises:
        Restless: rotation went on while the folder was looked at.
        OSError: the folder cannot be read.
    """
    before = _look(path)
    for _ in range(_TRIES):
        after = _look(path)
        if [_names(one) for one in before] == [_names(one) for one in after]:
            return after
        before = after
    raise Restless


def compressed(path: Path) -> list[str]:
    """Names of rotated files that were compressed, which cannot be gone on with."""
    real = Path(os.path.realpath(path))
    return sorted(
        one.name
        for one in _beside(real)
        if one.suffix in _COMPRESSED and _mark(one.stem, real.name) is not None
    )


def identity_of(path: Path) -> tuple[int, int] | None:
    """Device and inode of the file of that name; None when there is none."""
    try:
        about = path.stat()
    except FileNotFoundError:
        return None
    return about.st_dev, about.st_ino


def _names(one: Generation) -> tuple[Path, int, int]:
    return one.path, one.device, one.inode


def _look(path: Path) -> list[Generation]:
    real = Path(os.path.realpath(path))
    marked = [
        (mark, one)
        for file in _beside(real)
        if (mark := _mark(file.name, real.name)) is not None
        and (one := _of(file, live=False)) is not None
    ]
    if all(_NUMBER.fullmatch(mark) for mark, _ in marked):
        marked.sort(key=_by_number)
    else:
        marked.sort(key=lambda pair: (pair[1].modified, pair[0]))
    live = _of(path, live=True)
    return [one for _, one in marked] + ([] if live is None else [live])


def _beside(path: Path) -> list[Path]:
    try:
        return list(path.parent.iterdir())
    except FileNotFoundError:
        return []


def _by_number(pair: tuple[str, Generation]) -> int:
    return -int(pair[0][1:])


def _mark(name: str, live_name: str) -> str | None:
    """What rotation added to the name; None when the file is none of the log's."""
    stem, ending = os.path.splitext(live_name)
    for before, after in ((live_name, ""), (stem, ending)):
        if name.startswith(before) and name.endswith(after):
            mark = name[len(before) : len(name) - len(after)]
            if _NUMBER.fullmatch(mark) or _DATE.fullmatch(mark):
                return mark
    return None


def _of(path: Path, *, live: bool) -> Generation | None:
    with contextlib.suppress(FileNotFoundError):
        about = path.stat()
        if stat.S_ISREG(about.st_mode):
            return Generation(
                path, live, about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns
            )
    return None
