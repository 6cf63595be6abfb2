"""Which file a position means, and which files came after."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.intake.follow.generation import Generation
from tocsin.intake.follow.logfile import LogFile
from tocsin.intake.follow.position import TELLING, FilePosition


def file_of(files: Sequence[Generation], position: FilePosition) -> LogFile | None:
    """The file of that position: the same inode, else one that begins with the same bytes.

    Raises:
        OSError: a file cannot be read. One that may not be read is passed over.
    """
    if position.head_length == 0:
        return None  # nothing was in it, so nothing tells it from another
    candidates = [*reversed(files)]
    candidates.sort(key=lambda one: _unlikeliness(one, position))
    for one in candidates:
        if not is_at(one, position) and position.head_length < TELLING:
            continue
        try:
            file = open_generation(one)
        except PermissionError:
            continue
        if file is None:
            continue
        if file.begins_with(position.head, position.head_length):
            return file
        file.close()
    return None


def files_after(files: Sequence[Generation], file: LogFile) -> Sequence[Generation]:
    """What came after an open file, which may be gone from the folder by now."""
    places = [
        place
        for place, one in enumerate(files)
        if (one.device, one.inode) == (file.device, file.inode)
    ]
    return files[places[-1] + 1 :] if places else newer_files(files, file.modified)


def newer_files(files: Sequence[Generation], modified: int) -> list[Generation]:
    """The live file, and those that were written to after that moment.

    Of a log that one writer writes, these are younger than a file last written to then.
    """
    return [one for one in files if one.live or one.modified > modified]


def files_from(files: Sequence[Generation], position: FilePosition) -> list[Generation]:
    """What may hold something new when the file of the position is not known any more.

    An empty file is among them itself, and before it copies of what it held meanwhile.
    """
    newer = newer_files(files, position.modified)
    if position.head_length > 0:
        return newer
    return [one for one in files if one in newer or is_at(one, position)]


def open_generation(one: Generation) -> LogFile | None:
    """The file, unless it is gone or rotation gave its name to another by now."""
    try:
        file = LogFile(one.path)
    except FileNotFoundError:
        return None
    if (file.device, file.inode) == (one.device, one.inode):
        return file
    file.close()
    return None


def is_at(one: Generation, position: FilePosition) -> bool:
    """Whether it has the numbers that the position's file had."""
    return (one.device, one.inode) == (position.device, position.inode)


def _unlikeliness(one: Generation, position: FilePosition) -> tuple[bool, bool]:
    return not is_at(one, position), one.size < position.offset
