"""Following a log file: what happens at each turn of its life."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from tocsin.intake.follow import follower as module
from tocsin.intake.follow.follower import Follower, Lines
from tocsin.intake.follow.generation import compressed, generations
from tocsin.intake.follow.logfile import LogFile
from tocsin.intake.follow.position import HEAD, FilePosition


def record(number: int) -> bytes:
    """A line as long as real ones, unlike any other."""
    return b'{"timestamp":"2026-11-25T12:00:00.%06d+0000","event_type":"stats","number":%d}' % (
        number,
        number,
    )


def lines(*numbers: int) -> bytes:
    """Whole lines."""
    return b"".join(record(number) + b"\n" for number in numbers)


def append(path: Path, content: bytes) -> None:
    """Add to a file, making it if need be."""
    with path.open("ab") as stream:
        stream.write(content)


def contents(found: Lines | None) -> list[bytes]:
    """The lines that were read."""
    return [] if found is None else [line.content for line in found.lines]


def everything(follower: Follower) -> tuple[list[bytes], list[str]]:
    """All that can be read now, and the notes."""
    read: list[bytes] = []
    notes: list[str] = []
    while (found := follower.read()) is not None:
        read += contents(found)
        notes += found.notes
    return read, notes


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where the log is, not yet there."""
    return tmp_path / "eve.json"


def test_lines_come_once_with_their_places(log: Path) -> None:
    """Each line comes once, with its offset, and nothing comes when nothing is new."""
    append(log, lines(1, 2))
    follower = Follower(log)
    found = follower.read()
    assert found is not None
    assert contents(found) == [record(1), record(2)]
    assert [line.offset for line in found.lines] == [0, len(record(1)) + 1]
    assert follower.read() is None
    append(log, lines(3))
    assert contents(follower.read()) == [record(3)]
    follower.close()


def test_an_unended_line_waits(log: Path) -> None:
    """Half a record is not read; the whole one is, once."""
    append(log, lines(1) + record(2)[:20])
    follower = Follower(log)
    assert contents(follower.read()) == [record(1)]
    assert follower.read() is None
    append(log, record(2)[20:] + b"\n")
    assert contents(follower.read()) == [record(2)]
    follower.close()


def test_blank_lines_and_line_ends_of_two_kinds(log: Path) -> None:
    """Blank lines are nothing; a carriage return stays with its line for the parser."""
    append(log, b"\n \t\r\n" + record(1) + b"\r\n\n")
    follower = Follower(log)
    found = follower.read()
    assert contents(found) == [record(1) + b"\r"]
    follower.close()


def test_batches_are_bounded(log: Path) -> None:
    """No reading gives more lines or bytes than asked for, and nothing is left out."""
    append(log, lines(*range(100)))
    follower = Follower(log)
    first = follower.read(most_lines=7)
    assert first is not None
    assert len(first.lines) == 7
    assert first.more
    second = follower.read(most_bytes=500)
    assert second is not None
    assert 0 < sum(line.length + 1 for line in second.lines) <= 500
    rest, _ = everything(follower)
    assert contents(first) + contents(second) + rest == [record(number) for number in range(100)]
    follower.close()


def test_waits_for_a_file_that_is_not_there(log: Path) -> None:
    """Nothing is ready before there is a file; then all of it is new, even from the end."""
    follower = Follower(log, start="end")
    found = follower.read()
    assert found is not None
    assert found.position.is_of_no_file
    assert not found.lines
    assert not follower.ready
    assert follower.waiting_for == f"there is no {log}"
    assert follower.read() is None
    append(log, lines(1))
    assert contents(follower.read()) == [record(1)]
    assert follower.ready
    assert follower.waiting_for is None
    follower.close()


def test_that_there_was_no_file_is_remembered(log: Path) -> None:
    """A file that came and was rotated while nobody looked is read from its start."""
    absent = Follower(log, start="end").read()
    assert absent is not None
    time.sleep(0.02)  # the file system's clock has a coarse grain
    append(log, lines(1, 2))
    log.rename(log.with_name("eve.json.1"))
    append(log, lines(3))
    follower = Follower(log, FilePosition.from_plain(absent.position.to_plain()), start="end")
    read, notes = everything(follower)
    assert read == [record(1), record(2), record(3)]
    assert not notes
    follower.close()


def test_from_the_end_skips_what_was_there(log: Path) -> None:
    """Only what comes later is read, beginning with the line that was not whole."""
    append(log, lines(1, 2) + record(3)[:10])
    follower = Follower(log, start="end")
    first = follower.read()
    assert first is not None
    assert not first.lines
    assert first.position.offset == len(lines(1, 2))
    append(log, record(3)[10:] + b"\n")
    assert contents(follower.read()) == [record(3)]
    follower.close()


def test_older_rotated_files_are_not_read_at_first(log: Path) -> None:
    """A log never seen before begins with its live file."""
    append(log.with_name("eve.json.1"), lines(1))
    append(log, lines(2))
    follower = Follower(log)
    assert everything(follower)[0] == [record(2)]
    follower.close()


def test_rename_and_create(log: Path) -> None:
    """What the writer still writes to the renamed file comes before the new file."""
    append(log, lines(1))
    follower = Follower(log)
    assert contents(follower.read()) == [record(1)]
    with log.open("ab", buffering=0) as old:
        log.rename(log.with_name("eve.json.1"))
        log.touch()
        assert follower.read() is None
        old.write(lines(2))
        assert contents(follower.read()) == [record(2)]
        old.write(lines(3))
    append(log, lines(4))
    assert everything(follower)[0] == [record(3), record(4)]
    follower.close()


def test_the_unended_last_line_of_a_rotated_file_is_a_line(log: Path) -> None:
    """Nothing more comes to it once its successor holds something."""
    append(log, lines(1) + record(2))
    follower = Follower(log)
    assert contents(follower.read()) == [record(1)]
    log.rename(log.with_name("eve.json.1"))
    assert follower.read() is None
    append(log, lines(3))
    found = follower.read()
    assert found is not None
    assert contents(found) == [record(2)]
    assert found.path == log
    assert found.lines[0].offset == len(lines(1))
    assert everything(follower)[0] == [record(3)]
    follower.close()


def test_an_unended_line_of_a_file_left_alone(log: Path) -> None:
    """A record that is whole in itself is taken when nobody writes to the file any more."""
    append(log, lines(1) + record(2))
    follower = Follower(log, is_whole=lambda line: line.endswith(b"}"))
    assert everything(follower)[0] == [record(1)]
    an_hour_ago = time.time() - 3600
    os.utime(log, (an_hour_ago, an_hour_ago))
    assert everything(follower)[0] == [record(2)]
    append(log, b"\n" + lines(3) + b'{"half')
    os.utime(log, (an_hour_ago, an_hour_ago))
    assert everything(follower)[0] == [record(3)]
    follower.close()


def test_from_the_end_a_whole_unended_record_is_old(log: Path) -> None:
    """A last record without a line end was there before, too."""
    append(log, lines(1) + record(2))
    follower = Follower(log, start="end", is_whole=lambda line: line.endswith(b"}"))
    assert everything(follower)[0] == []
    append(log, b"\n" + lines(3))
    assert everything(follower)[0] == [record(3)]
    follower.close()


def test_copy_and_truncate_while_reading(log: Path) -> None:
    """What was not read before the file was emptied is read from the copy."""
    append(log, lines(1, 2))
    follower = Follower(log)
    assert contents(follower.read(most_lines=1)) == [record(1)]
    shutil.copyfile(log, log.with_name("eve.json.1"))
    os.truncate(log, 0)
    append(log, lines(3))
    read, notes = everything(follower)
    assert read == [record(2), record(3)]
    assert not notes
    follower.close()


def test_truncated_and_grown_beyond_the_old_place(log: Path) -> None:
    """A file filled anew is noticed by how it begins, however long it is by then."""
    append(log, lines(1))
    follower = Follower(log)
    assert contents(follower.read()) == [record(1)]
    os.truncate(log, 0)
    append(log, lines(*range(10, 20)))
    read, notes = everything(follower)
    assert read == [record(number) for number in range(10, 20)]
    assert len(notes) == 1
    assert "may not have been read" in notes[0]
    follower.close()


def test_a_hole_where_the_file_was_emptied(log: Path) -> None:
    """A writer that keeps its place after truncation leaves NULs, which are no line."""
    with log.open("wb", buffering=0) as stream:
        stream.write(lines(*range(5)))
        follower = Follower(log)
        assert len(everything(follower)[0]) == 5
        os.truncate(log, 0)
        stream.write(lines(7))
        assert log.read_bytes().startswith(b"\0")
        assert everything(follower)[0] == [record(7)]
    follower.close()


def test_shortened_in_place(log: Path) -> None:
    """A file cut back behind the place that was read is gone on with at its end."""
    append(log, lines(*range(50)))
    follower = Follower(log)
    assert len(everything(follower)[0]) == 50
    os.truncate(log, len(lines(*range(40))))
    assert everything(follower)[0] == []
    append(log, lines(60))
    assert everything(follower)[0] == [record(60)]
    follower.close()


@pytest.mark.parametrize("naming", ["numbers", "dates", "before the ending"])
def test_several_rotations_while_nobody_reads(log: Path, naming: str) -> None:
    """After a restart the file is found under its new name, and all after it in order."""
    append(log, lines(1, 2))
    before = Follower(log)
    position = before.read(most_lines=1)
    assert position is not None
    before.close()
    names = {
        "numbers": ["eve.json.3", "eve.json.2", "eve.json.1"],
        "dates": ["eve.json-20261125", "eve.json-20261126", "eve.json-20261127"],
        "before the ending": ["eve.3.json", "eve.2.json", "eve.1.json"],
    }[naming]
    for place, name in enumerate(names):
        log.rename(log.with_name(name))
        append(log, lines(10 + place))
    append(log.with_name("eve.json.bak"), lines(99))
    follower = Follower(log, FilePosition.from_plain(position.position.to_plain()))
    read, notes = everything(follower)
    assert read == [record(2), record(10), record(11), record(12)]
    assert not notes
    follower.close()


def test_ten_rotations_by_number_are_in_the_order_of_the_numbers(log: Path) -> None:
    """eve.json.10 is older than eve.json.9, whatever their times say."""
    for number in range(1, 12):
        path = log.with_name(f"eve.json.{number}")
        append(path, lines(number))
        os.utime(path, (1000 + number, 1000 + number))
    append(log, lines(0))
    found = [one.path.name for one in generations(log)]
    assert found == [f"eve.json.{number}" for number in range(11, 0, -1)] + ["eve.json"]


def test_dates_that_do_not_sort_go_by_when_they_were_written(log: Path) -> None:
    """Whatever form a date has in a name, the file's own time decides."""
    names = ["eve.json-30112026", "eve.json-01122026", "eve.json-02122026"]
    for place, name in enumerate(names):
        append(log.with_name(name), lines(place))
        os.utime(log.with_name(name), (1000 + place, 1000 + place))
    assert [one.path.name for one in generations(log)] == names


def test_the_file_itself_comes_before_a_copy_of_it(log: Path) -> None:
    """A backup that somebody made is not taken for the file while that is there."""
    append(log, lines(1, 2))
    before = Follower(log)
    position = before.read()
    assert position is not None
    before.close()
    shutil.copyfile(log, log.with_name("eve.json.1"))
    append(log, lines(3))
    log.rename(log.with_name("eve.json.2"))
    append(log, lines(4))
    follower = Follower(log, position.position)
    assert everything(follower)[0] == [record(3), record(4)]
    follower.close()


def test_a_copy_without_the_unended_last_line(log: Path) -> None:
    """The rest of a file is read where it stands, and its older copy is not read again."""
    append(log, lines(1, 2))
    before = Follower(log)
    position = before.read()
    assert position is not None
    before.close()
    shutil.copyfile(log, log.with_name("eve.json.1"))
    append(log, record(3))
    log.rename(log.with_name("eve.json.2"))
    append(log, lines(4))
    follower = Follower(log, position.position)
    assert everything(follower)[0] == [record(3), record(4)]
    follower.close()


def test_only_names_that_rotation_makes_are_read(log: Path) -> None:
    """Copies, temporary and compressed files beside the log are none of its files."""
    for name in (
        "eve.json.bak",
        "eve.json.swp",
        "eve.json~",
        "eve.json.1.gz",
        "eve.json-20261125.xz",
        "eve.json.1.tmp",
        "eve.jsonx.1",
        "stats.json.1",
        "eve2.json",
        ".eve.json.1",
    ):
        append(log.with_name(name), lines(1))
    log.with_name("eve.json.2").mkdir()
    append(log, lines(2))
    assert [one.path.name for one in generations(log)] == ["eve.json"]
    assert compressed(log) == ["eve.json-20261125.xz", "eve.json.1.gz"]


def test_a_vanished_file_leaves_a_note(log: Path) -> None:
    """When the file of the position is gone, reading goes on and says what may be missing."""
    append(log, lines(1, 2))
    before = Follower(log)
    position = before.read(most_lines=1)
    assert position is not None
    before.close()
    log.unlink()
    append(log.with_name("eve.json.2.gz"), b"\x1f\x8b")
    append(log.with_name("eve.json.1"), lines(3))
    append(log, lines(4))
    os.utime(log.with_name("eve.json.1"), ns=(1, position.position.modified + 1))
    follower = Follower(log, position.position)
    read, notes = everything(follower)
    assert read == [record(3), record(4)]
    assert len(notes) == 1
    assert f"after its first {len(lines(1))} bytes may not have been read" in notes[0]
    assert "eve.json.2.gz" in notes[0]
    follower.close()


def test_files_older_than_a_vanished_one_are_not_read_again(log: Path) -> None:
    """What was last written to before the position was taken lies behind it."""
    old = log.with_name("eve.json.1")
    append(old, lines(1))
    os.utime(old, (1000, 1000))
    append(log, lines(2))
    before = Follower(log)
    position = before.read()
    assert position is not None
    before.close()
    log.unlink()
    append(log, lines(3))
    follower = Follower(log, position.position)
    assert everything(follower)[0] == [record(3)]
    follower.close()


def test_another_file_with_the_same_inode_is_not_taken_for_it(log: Path) -> None:
    """A number that the file system gives out again does not make a file the old one."""
    append(log, lines(*range(20)))
    before = Follower(log)
    position = before.read(most_lines=10)
    assert position is not None
    before.close()
    log.write_bytes(lines(*range(100, 130)))
    assert log.stat().st_ino == position.position.inode
    follower = Follower(log, position.position)
    read, notes = everything(follower)
    assert read == [record(number) for number in range(100, 130)]
    assert notes
    follower.close()


def test_a_file_moved_to_another_disk_is_found_by_its_beginning(log: Path, tmp_path: Path) -> None:
    """New inode and device numbers, as after a restore, do not make a log a new one."""
    append(log, lines(1, 2))
    before = Follower(log)
    position = before.read(most_lines=1)
    assert position is not None
    before.close()
    copied = tmp_path / "copied"
    shutil.copyfile(log, copied)
    log.unlink()
    copied.rename(log)
    follower = Follower(log, position.position)
    read, notes = everything(follower)
    assert read == [record(2)]
    assert not notes
    follower.close()


def test_a_vanished_file_that_is_open_is_read_to_its_end(log: Path) -> None:
    """A file that was deleted while open is finished before the next one."""
    append(log, lines(1))
    follower = Follower(log)
    assert contents(follower.read()) == [record(1)]
    with log.open("ab", buffering=0) as old:
        log.unlink()
        old.write(lines(2))
        assert contents(follower.read()) == [record(2)]
        assert follower.read() is None
        old.write(lines(3))
    append(log, lines(4))
    assert everything(follower)[0] == [record(3), record(4)]
    follower.close()


def test_a_copy_under_way_is_not_read_twice(log: Path) -> None:
    """Between copying and emptying, the same lines stand in two files."""
    append(log, lines(1))
    before = Follower(log)
    position = before.read()
    assert position is not None
    before.close()
    log.rename(log.with_name("eve.json.2"))
    append(log, lines(2, 3))
    log.with_name("eve.json.1").write_bytes(log.read_bytes()[: len(lines(2)) + 20])
    follower = Follower(log, position.position)
    assert everything(follower)[0] == [record(2), record(3)]
    log.with_name("eve.json.1").write_bytes(log.read_bytes())
    os.truncate(log, 0)
    append(log, lines(4))
    assert everything(follower)[0] == [record(4)]
    follower.close()


def test_what_was_copied_of_a_file_that_was_empty_when_last_seen(log: Path) -> None:
    """Between two looks an empty file may be filled, copied away and filled again."""
    log.touch()
    os.utime(log, (1000, 1000))
    follower = Follower(log)
    first = follower.read()
    assert first is not None
    assert not first.lines
    append(log, lines(1, 2))
    shutil.copyfile(log, log.with_name("eve.json.1"))
    os.truncate(log, 0)
    append(log, lines(3))
    assert everything(follower)[0] == [record(1), record(2), record(3)]
    follower.close()
    again = Follower(log, first.position)
    assert everything(again)[0] == [record(1), record(2), record(3)]
    again.close()


def test_what_was_copied_before_an_empty_file_was_renamed(log: Path) -> None:
    """The copy lies before the empty file in order, and is read all the same."""
    log.touch()
    os.utime(log, (1000, 1000))
    follower = Follower(log)
    assert contents(follower.read()) == []
    append(log, lines(1, 2))
    shutil.copyfile(log, log.with_name("eve.json.2"))
    os.truncate(log, 0)
    log.rename(log.with_name("eve.json.1"))
    append(log, lines(3))
    assert everything(follower)[0] == [record(1), record(2), record(3)]
    follower.close()


def test_what_is_written_while_the_folder_is_looked_at(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last lines of the old file come first, even if it was rotated at the worst moment."""
    append(log, lines(1))
    follower = Follower(log)
    look = module.identity_of

    def look_late(path: Path) -> tuple[int, int] | None:
        if not log.with_name("eve.json.1").exists():
            append(log, lines(2, 3) + record(4))
            log.rename(log.with_name("eve.json.1"))
            append(log, lines(5))
        return look(path)

    assert contents(follower.read()) == [record(1)]
    monkeypatch.setattr(module, "identity_of", look_late)
    read, notes = everything(follower)
    assert read == [record(number) for number in range(2, 6)]
    assert not notes
    follower.close()


def test_a_file_that_changes_while_it_is_read(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes of a file that was emptied and filled during the reading do not count."""
    append(log, lines(1, 2))
    follower = Follower(log)
    assert contents(follower.read(most_lines=1)) == [record(1)]
    holds = LogFile.holds

    def holds_late(file: LogFile, end: int) -> bool:
        if not log.with_name("eve.json.1").exists():
            shutil.copyfile(log, log.with_name("eve.json.1"))
            os.truncate(log, 0)
            append(log, lines(7, 8, 9))
        return holds(file, end)

    monkeypatch.setattr(LogFile, "holds", holds_late)
    assert everything(follower)[0] == [record(2), record(7), record(8), record(9)]
    follower.close()


def test_a_line_longer_than_a_reading(log: Path) -> None:
    """A long line comes whole; one that is too long is told of by its beginning."""
    long = b'{"a":"' + b"x" * 3_000_000 + b'"}'
    append(log, long + b"\n" + lines(1))
    follower = Follower(log)
    assert everything(follower)[0] == [long, record(1)]
    follower.close()


def test_a_line_that_is_too_long(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told of with its place and length, takes no memory, and reading goes on."""
    monkeypatch.setattr(module, "LONGEST_LINE", 10_000)
    monkeypatch.setattr(module, "SHOWN", 50)
    append(log, b"y" * 25_000)
    follower = Follower(log)
    assert everything(follower)[0] == []
    append(log, b"y" * 25_000 + b"\n" + lines(1))
    found = follower.read()
    assert found is not None
    (line,) = found.lines
    assert line.too_long
    assert (line.offset, line.length, line.content) == (0, 50_000, b"y" * 50)
    assert everything(follower)[0] == [record(1)]
    follower.close()


def test_long_lines_that_come_slowly(log: Path) -> None:
    """What was searched of one long line does not count for the next, shorter one."""
    follower = Follower(log)
    read: list[bytes] = []
    written = [b"a" * 6000, b"b" * 4000, b"c" * 2000]
    for line in written:
        for piece in (line[:1500], line[1500:], b"\n" + record(1) + b"\n"):
            append(log, piece)
            while (found := follower.read(most_bytes=100)) is not None:
                read += contents(found)
    assert read == [one for line in written for one in (line, record(1))]
    follower.close()


def test_a_folder_or_pipe_is_refused(log: Path) -> None:
    """What is no file is said to be none, without hanging; it may become one."""
    os.mkfifo(log)
    follower = Follower(log)
    with pytest.raises(OSError, match="not a regular file"):
        follower.read()
    assert not follower.ready
    assert follower.waiting_for is not None
    assert "not a regular file" in follower.waiting_for
    log.unlink()
    append(log, lines(1))
    assert contents(follower.read()) == [record(1)]
    follower.close()


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    """A folder that is not there yet is waited for like a file."""
    log = tmp_path / "suricata" / "eve.json"
    follower = Follower(log)
    found = follower.read()
    assert found is not None
    assert found.position.is_of_no_file
    assert not follower.ready
    assert follower.read() is None
    log.parent.mkdir()
    append(log, lines(1))
    assert contents(follower.read()) == [record(1)]
    follower.close()


def test_a_link_is_followed_to_where_it_leads(tmp_path: Path) -> None:
    """Rotated files lie beside the file itself, not beside a link to it."""
    real = tmp_path / "data" / "eve.json"
    real.parent.mkdir()
    append(real, lines(1))
    link = tmp_path / "link.json"
    link.symlink_to(real)
    before = Follower(link)
    position = before.read()
    assert position is not None
    before.close()
    append(real, lines(2))
    real.rename(real.with_name("eve.json.1"))
    append(real, lines(3))
    follower = Follower(link, position.position)
    assert everything(follower)[0] == [record(2), record(3)]
    follower.close()


def test_positions_survive_being_stored(log: Path) -> None:
    """A position comes back from plain data as it was; anything else is refused."""
    append(log, lines(*range(50)))
    follower = Follower(log)
    found = follower.read()
    assert found is not None
    follower.close()
    plain = found.position.to_plain()
    assert FilePosition.from_plain(plain) == found.position
    assert found.position.head_length == HEAD
    for wrong in ({}, {**plain, "offset": "5"}, {**plain, "head": None}):
        with pytest.raises(ValueError, match="stored position"):
            FilePosition.from_plain(wrong)


def test_closing_loses_and_doubles_nothing(log: Path) -> None:
    """Closing and reading again goes on where it was, as often as one likes."""
    append(log, lines(1, 2, 3))
    follower = Follower(log)
    read = []
    for _ in range(4):
        read += contents(follower.read(most_lines=1))
        follower.close()
        assert not follower.ready
    assert read == [record(1), record(2), record(3)]
