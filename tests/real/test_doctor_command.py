"""``tocsin doctor`` as a person calls it: processes, a rehearsal relay, a home or none."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from manager import Program


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """A home that is not there yet, and a relay beside it."""
    program = Program(tmp_path_factory.mktemp("doctor"))
    yield program
    program.stop()


@pytest.fixture(scope="module")
def relay(program) -> dict[str, Any]:
    """The facts of a relay without faults."""
    return program.rehearse()


def call(program: Program, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tocsin", "doctor", *arguments],
        env=program.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def to(relay: dict[str, Any]) -> list[str]:
    """The relay as HOST, with everything that a walk to its end needs."""
    return [
        *(f"{relay['host']}:{relay['port']}", "--trust", relay["root_file"]),
        *("--user", relay["user"], "--password-file", relay["password_file"]),
        *("--from", "alarm@example.com", "--to", "op@example.net"),
    ]


def test_a_way_that_is_well(program, relay):
    """Exit status 0, one document, nothing arrives; with --send one mail does."""
    arrived = len(list(Path(relay["inbox"]).rglob("*.eml")))
    done = call(program, *to(relay), "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["ok"] is True
    assert document["findings"] == []
    assert [one["ok"] for one in document["steps"] if one["name"] == "rcpt"] == [True]
    assert len(list(Path(relay["inbox"]).rglob("*.eml"))) == arrived
    assert call(program, *to(relay), "--send", "--json").returncode == 0
    assert len(list(Path(relay["inbox"]).rglob("*.eml"))) == arrived + 1


def test_a_relay_that_is_not_trusted(program, relay, tmp_path):
    """Exit status 1; the text begins with what is the matter, and shows no password."""
    (tmp_path / "none.pem").write_text("")
    asked = to(relay)
    asked[asked.index("--trust") + 1] = str(tmp_path / "none.pem")
    done = call(program, *asked)
    assert done.returncode == 1
    assert "[tls." in done.stdout
    assert done.stdout.index("[tls.") < done.stdout.index("FAILED  certificate")
    assert "AUTH" not in done.stdout.replace("250-AUTH", "")
    assert Path(relay["password_file"]).read_text().strip() not in done.stdout + done.stderr
    assert done.stderr == ""


def test_steps_are_shown_live_at_a_terminal(program, relay):
    """Each step as it ends, on standard error; standard output holds the report alone."""
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "tocsin", "doctor", *to(relay)],
        env=program.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
        timeout=60,
        check=False,
    )
    os.close(theirs)
    seen = b""
    while True:
        try:
            piece = os.read(ours, 65_536)
        except OSError:  # the other side is closed and everything was read
            break
        if not piece:
            break
        seen += piece
    os.close(ours)
    assert done.returncode == 0
    for name in (b"dns", b"tcp", b"tls", b"certificate", b"auth", b"rcpt"):
        assert name in seen
    assert b"mail can go this way" in done.stdout
    assert b"mail can go this way" not in seen


def test_the_configured_relay_with_its_own_envelope(program, relay):
    """Without HOST the home's relay is walked to; it is said from whom and to whom."""
    program.apply(
        {
            "smtp": {
                "server": relay["host"],
                "port": relay["port"],
                "encryption": "starttls",
                "from": "alarm@example.com",
                "user": relay["user"],
                "password_file": relay["password_file"],
            },
            "trust": [{"name": "Rehearsal", "file": relay["root_file"]}],
            "actions": [{"name": "Mail the SOC", "kind": "email", "to": ["op@example.net"]}],
        }
    )
    done = call(program, "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["ok"] is True
    assert "alarm@example.com" in done.stderr
    assert "op@example.net" in done.stderr
    asked = [one["asked"] for one in document["steps"]]
    assert "RCPT TO:<op@example.net>" in asked
    assert call(program, "--relay", "nobody").returncode == 2
