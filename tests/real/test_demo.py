"""``tocsin demo``: the whole way shown to whoever tries it first."""

from __future__ import annotations

import json
from pathlib import Path

from manager import Program, free_port


def test_once_shows_the_whole_way_and_ends(program: Program):
    """200 reports of the scenario, the mails in a folder that stays, one JSON document."""
    document = program.json("demo", "--once", "--bind", f"127.0.0.1:{free_port()}")
    assert document["ok"]
    assert document["alarms"] == 200
    inbox = Path(document["inbox"])
    assert len(list(inbox.glob("*.eml"))) == document["mails"] > 50
    assert all(step["ok"] for step in document["steps"])


def test_alarms_of_ones_own(program: Program, tmp_path: Path):
    """With --eve the alarms of that file come in instead."""
    eve = tmp_path / "own.json"
    alert = {
        "event_type": "alert",
        "timestamp": "2026-11-24T10:00:00.000000+0000",
        "src_ip": "192.0.2.5",
        "dest_ip": "198.51.100.9",
        "proto": "TCP",
        "alert": {"signature": "OWN rule", "severity": 1},
    }
    eve.write_text(json.dumps(alert) + "\n")
    document = program.json(
        "demo", "--once", "--eve", str(eve), "--bind", f"127.0.0.1:{free_port()}"
    )
    assert document["ok"]
    assert document["alarms"] == 1
    (mail,) = Path(document["inbox"]).glob("*.eml")
    assert b"OWN rule" in mail.read_bytes()


def test_a_missing_file_is_said_before_anything_starts(program: Program):
    """Exit status 2, the file named, nothing started."""
    done = program.run("demo", "--once", "--eve", "/nowhere/eve.json", status=2)
    assert "/nowhere/eve.json" in done.stderr
