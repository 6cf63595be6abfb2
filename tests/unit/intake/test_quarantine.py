"""What could not be read is kept with its place."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tocsin.intake import quarantine
from tocsin.intake.kind import Broken


def broken(offset: int = 0, content: bytes = b'{"half', **changes: Any) -> Broken:
    """A broken record of that place."""
    known = {"file": "/var/log/eve.json", "reason": "not JSON", "length": len(content)}
    return Broken(offset=offset, content=content, **{**known, "device": 1, "inode": 2, **changes})


def kept(folder: Path, source: str = "ids-1") -> list[dict[str, Any]]:
    """What the source's file holds."""
    path = quarantine.file_of(folder, source)
    return [json.loads(line) for line in path.read_text().splitlines() if line]


def test_place_reason_and_content_are_kept(tmp_path: Path) -> None:
    """Each broken record is one line of JSON that says where it was found."""
    assert quarantine.keep(tmp_path, "ids-1", [broken(7), broken(30, b"x\xff\0\n")]) == 2
    first, second = kept(tmp_path)
    assert first["source"] == "ids-1"
    assert first["file"] == "/var/log/eve.json"
    assert (first["offset"], first["length"], first["device"], first["inode"]) == (7, 6, 1, 2)
    assert first["reason"] == "not JSON"
    assert first["content"] == '{"half'
    assert base64.b64decode(second["content_base64"]) == b"x\xff\0\n"


def test_the_same_record_is_kept_once(tmp_path: Path) -> None:
    """Reading it again after a crash adds nothing, be it from a copy; another place does."""
    assert quarantine.keep(tmp_path, "ids-1", [broken(7), broken(7)]) == 1
    assert quarantine.keep(tmp_path, "ids-1", [broken(7), broken(8)]) == 1
    assert quarantine.keep(tmp_path, "ids-1", [broken(7, inode=3, file="x.1")]) == 0
    assert quarantine.keep(tmp_path, "ids-1", [broken(7, content=b"other")]) == 1
    assert [one["offset"] for one in kept(tmp_path)] == [7, 8, 7]


def test_nothing_broken_makes_no_file(tmp_path: Path) -> None:
    """A source that is well has no quarantine."""
    assert quarantine.keep(tmp_path, "ids-1", []) == 0
    assert list(tmp_path.iterdir()) == []


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    """Broken lines may hold anything that went over the wire."""
    quarantine.keep(tmp_path, "ids-1", [broken()])
    assert quarantine.file_of(tmp_path, "ids-1").stat().st_mode & 0o777 == 0o600


def test_half_a_line_of_a_crash_hurts_nobody(tmp_path: Path) -> None:
    """A line that was being written when the machine stopped is left, the next is whole."""
    path = quarantine.file_of(tmp_path, "ids-1")
    quarantine.keep(tmp_path, "ids-1", [broken(1)])
    with path.open("ab") as stream:
        stream.write(b'{"key":"0123')
    assert quarantine.keep(tmp_path, "ids-1", [broken(1), broken(2)]) == 1
    lines = path.read_bytes().splitlines()
    assert [json.loads(line)["offset"] for line in (lines[0], lines[2])] == [1, 2]


def test_it_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full file is put aside once, and what is in there still counts as kept."""
    monkeypatch.setattr(quarantine, "LARGEST", 5000)
    for offset in range(100):
        quarantine.keep(tmp_path, "ids-1", [broken(offset)])
    files = sorted(tmp_path.iterdir())
    assert [one.name for one in files] == ["ids-1.jsonl", "ids-1.jsonl.1"]
    assert all(one.stat().st_size <= 5000 for one in files)
    aside = [json.loads(line)["offset"] for line in files[1].read_text().splitlines()]
    assert quarantine.keep(tmp_path, "ids-1", [broken(offset) for offset in aside]) == 0


@pytest.mark.parametrize(
    "source", ["../../etc/passwd", "a/b", ".", "..", "ü" * 100, "a\\b:c*?", "CON", "x" * 300]
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, source: str) -> None:
    """Whatever a source is called, its file is in the folder, and its own."""
    quarantine.keep(tmp_path, source, [broken()])
    quarantine.keep(tmp_path, source + "2", [broken()])
    assert len(list(tmp_path.iterdir())) == 2
    assert kept(tmp_path, source)[0]["source"] == source


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """The caller learns that nothing was kept."""
    with pytest.raises(OSError, match="No such file"):
        quarantine.keep(tmp_path / "missing", "ids-1", [broken()])
