"""The commands as a person or a script calls them: real processes, one manager for all."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

import chains
from manager import Program, alarms, document_of, free_port, smtp_of, wait_until

RULES = [{"name": "Everything", "when": {"severity": "minor"}, "active": ["Mail the SOC"]}]


@dataclass(frozen=True)
class Scene:
    """A manager that runs, its relay, and the document that made it."""

    program: Program
    relay: dict[str, Any]
    document: Path
    password: str


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Made by one document before its first start, then started."""
    program = Program(tmp_path_factory.mktemp("cli"))
    relay = program.rehearse()
    password = Path(relay["password_file"]).read_text().strip()
    eve = program.folder / "eve.json"
    eve.write_text("")
    sources = [{"name": "ids-1", "kind": "eve", "path": str(eve), "from": "start"}]
    program.apply(document_of(relay, sources=sources, rules=RULES))
    program.up()
    yield Scene(program, relay, program.folder / "document.yaml", password)
    program.stop()


def call(
    program: Program, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """A command with more in its environment; what it wrote as octets."""
    return subprocess.run(
        [sys.executable, "-m", "tocsin", *arguments],
        env={**program.environment, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd=program.folder,
        timeout=120,
        check=False,
    )


def test_applied_again_while_it_runs_nothing_changes(scene: Scene):
    """The document, and what `config show` gives, leave a running manager as it is."""
    first = scene.program.json("config", "apply", str(scene.document))
    assert first["changed"] is False
    shown = scene.program.run("config", "show").stdout
    assert scene.password not in shown
    parsed = yaml.safe_load(shown)
    assert parsed["smtp"]["password_file"] == "set"
    assert len(parsed["trust"]) == len(parsed["sources"]) == len(parsed["rules"]) == 1
    again = scene.program.json("config", "apply", "-", text=shown)
    assert again["changed"] is False
    assert again["version"] == first["version"]
    assert scene.program.json("action", "test", "Mail the SOC")["ok"] is True


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["config", "show"], 0),
        (["trust", "check"], 0),
        (["ciphers", "show"], 0),
        (["rule", "check"], 0),
        (["alarm", "list", "--limit", "1"], 0),
        (["rehearse", "--fault", "list"], 0),
        (["action", "test", "Mail the SOC"], 0),
        (["certs", "collect", "127.0.0.1:1", "--timeout", "5"], 1),
        (["why", "nothing"], 2),
        (["config", "apply", "nowhere.yaml"], 2),
        (["config", "set", "smtp.port", "70000"], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_json_alone_stands_on_standard_output(scene: Scene, arguments: list[str], status: int):
    """Exactly one document and a line end, whatever came of it; the exit status says which."""
    done = scene.program.run(*arguments, "--json", status=status)
    document = json.loads(done.stdout)
    assert done.stdout == json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    assert "Traceback" not in done.stderr
    if status == 2:
        assert document["ok"] is False
        assert document["code"]


def test_without_its_manager_a_command_says_what_is_missing(tmp_path: Path):
    """Exit status 3 for a role that does not run, a database out of reach, a bad key file."""
    program = Program(tmp_path)
    program.apply({"actions": [{"name": "A", "kind": "email", "to": ["a@example.com"]}]})
    missing = program.json("action", "test", "A", status=3)
    assert missing["code"] == "local.missing"
    assert "tocsin up" in missing["title"]
    url = f"postgresql://tocsin:hunter2@127.0.0.1:{free_port()}/tocsin"
    done = call(program, "user", "list", "--json", TOCSIN_DATABASE_URL=url)
    assert done.returncode == 3
    assert json.loads(done.stdout)["ok"] is False
    assert b"hunter2" not in done.stdout + done.stderr
    done = call(program, "user", "list", TOCSIN_DATABASE_URL="mysql://example")
    assert done.returncode == 2
    assert b"postgresql://" in done.stderr
    (program.home / "secret.key").chmod(0o644)
    done = call(program, "config", "show")
    assert done.returncode == 3
    assert b"0600" in done.stderr
    (program.home / "secret.key").chmod(0o600)
    (program.home / "tocsin.db").write_bytes(b"this is no database at all" * 100)
    done = call(program, "user", "list")
    assert done.returncode == 3
    assert b"Traceback" not in done.stderr


def test_the_unexpected_is_a_number_in_the_log_of_the_home(tmp_path: Path):
    """The terminal shows no stack trace; logs/tocsin.log has it under the number."""
    program = Program(tmp_path)
    program.apply({"rules": [{"name": "R", "when": {}}]})
    database = program.home / "tocsin.db"
    with contextlib.closing(sqlite3.connect(database)) as store, store:
        store.execute("UPDATE configuration_version SET document = '{'")
    done = program.run("config", "show", "--json", status=3)
    document = json.loads(done.stdout)
    assert document["code"] == "unknown"
    assert "Traceback" not in done.stdout + done.stderr
    incident = document["title"].partition("incident ")[2].split()[0]
    lines = (program.home / "logs" / "tocsin.log").read_text().splitlines()
    (entry,) = [one for one in map(json.loads, lines) if one.get("incident") == incident]
    assert "Traceback" in entry["exception"]
    assert str(program.home / "logs" / "tocsin.log") in document["title"]


def test_the_chain_of_a_relay_is_collected(scene: Scene, tmp_path: Path):
    """Trusted with its root: 0; without: 1, naming what is missing; one PEM file for each."""
    where = f"{scene.relay['host']}:{scene.relay['port']}"
    empty = tmp_path / "empty"
    empty.write_text("")
    free = Program(tmp_path / "free")
    free.folder.mkdir()
    out = tmp_path / "chain"
    found = free.json(
        "certs", "collect", where, "--trust", scene.relay["root_file"], "--out", str(out)
    )
    assert found["verdict"]["trusted"] is True
    assert found["mode"] == "starttls"
    files = {Path(one["file"]).name for one in found["certificates"]}
    assert files == {one.name for one in out.iterdir()}
    assert len(files) == len(found["certificates"]) >= 4
    assert any("Rehearsal" in name for name in files)
    assert all("BEGIN CERTIFICATE" in one.read_text() for one in out.iterdir())
    for endpoint in found["endpoints"]:
        assert endpoint["tls_version"].startswith("TLSv1.")
        assert set(endpoint["chain"]) <= {one["sha256"] for one in found["certificates"]}
    refused = free.json("certs", "collect", where, "--trust", str(empty), status=1)
    assert refused["verdict"]["trusted"] is False
    assert any("Rehearsal" in name for name in refused["verdict"]["missing"])
    assert free.json("certs", "collect", where, status=1)["verdict"]["trusted"] is False
    assert not free.home.exists()
    wrapped = f"{scene.relay['host']}:{scene.relay['smtps_port']}"
    told = free.run(
        "certs", "collect", wrapped, "--smtps", "--trust", scene.relay["root_file"],
        "--min-tls", "1.3", "--ciphers", "ECDHE+AESGCM",
    ).stdout  # fmt: skip
    assert "Trusted." in told
    assert "TLSv1.3" in told


def test_the_trust_store_is_the_home_s_unless_others_are_given(scene: Scene):
    """`certs collect` without --trust judges by the home; `trust check` by what is configured."""
    where = f"{scene.relay['host']}:{scene.relay['port']}"
    found = scene.program.json("certs", "collect", where)
    assert found["verdict"]["anchor_name"] == "Rehearsal Root CA 1"
    checked = scene.program.json("trust", "check")
    assert checked["ok"] is True
    assert [(one["name"], one["carries"]) for one in checked["anchors"]] == [
        ("Rehearsal Root CA 1", True)
    ]
    assert "carries this relay" in scene.program.run("trust", "check").stdout


def test_trust_check_fails_when_a_mail_would(scene: Scene, tmp_path: Path):
    """With another root in the store: 1, what is missing, and which entry is of no use."""
    program = Program(tmp_path)
    other = chains.make("Example Root CA 9", ca=True, ends=4000)
    (tmp_path / "other.pem").write_bytes(other.pem)
    trust = [{"name": "Other", "file": "other.pem"}]
    program.apply({"smtp": smtp_of(scene.relay), "trust": trust})
    checked = program.json("trust", "check", status=1)
    assert checked["ok"] is False
    assert checked["verdict"]["code"].startswith("tls.")
    assert [(one["name"], one["carries"]) for one in checked["anchors"]] == [("Other", False)]
    program.run("trust", "add", scene.relay["root_file"])
    assert "is not needed by this relay" in program.run("trust", "check").stdout


def test_a_private_key_is_in_no_file_afterwards(scene: Scene, tmp_path: Path):
    """Refused with words that help, and nothing of it was written anywhere in the home."""
    made = chains.make("relay.example.com", kind="rsa-2048")
    mixed = tmp_path / "mixed.pem"
    mixed.write_bytes(made.pem + made.key_pem())
    refused = scene.program.json("trust", "add", str(mixed), status=2)
    assert refused["code"] == "certificate.private-key"
    secrets = [line for line in made.key_pem().splitlines() if b"-----" not in line]
    holding = [
        path
        for path in scene.program.home.rglob("*")
        if path.is_file() and any(one in path.read_bytes() for one in secrets)
    ]
    assert holding == []


def test_an_alarm_is_told_and_everything_about_it_can_be_asked(scene: Scene):
    """From `alarm send` to the relay's 250, with why, the outbox and the evidence."""
    program = scene.program
    (sent,) = program.json("alarm", "send", "-", text=json.dumps(alarms(1, "told")))

    def of_it() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = program.json("deliveries", "--alarm", sent["id"])
        return found

    wait_until(lambda: [one["state"] for one in of_it()] == ["delivered"], "the delivery")
    (delivery,) = of_it()
    assert delivery["recipients"][0]["state"] == "accepted"
    told = program.run("delivery", "show", delivery["id"]).stdout
    assert "250 " in told
    assert "AUTH PLAIN ***" in told
    assert scene.password not in told
    assert "delivered" in program.run("why", sent["id"]).stdout
    assert "delivered" in program.run("delivery", "retry", delivery["id"], status=2).stderr


def test_secrets_are_in_no_file_no_output_and_no_command_line(scene: Scene):
    """The SMTP password, a token and a one-time password: grep the home and the processes."""
    program = scene.program
    token = program.json("token", "add", "secret-test", "--role", "viewer")["token"]
    person = program.json("user", "add", "secret-test", "--role", "viewer")["one_time_password"]
    program.json("action", "test", "Mail the SOC")
    program.run("token", "list")
    secrets = [one.encode() for one in (scene.password, token, person)]
    for path in [*program.home.rglob("*"), *program.folder.glob("*.log")]:
        if path.is_file():
            content = path.read_bytes()
            assert not any(one in content for one in secrets), path
    seen = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes()
            if str(program.home).encode() not in line:
                continue
            around = (process / "environ").read_bytes()
        except OSError:
            continue
        seen += 1
        assert not any(one in line + around for one in secrets)
    assert seen >= 3
    logs = program.home / "logs"
    assert logs.stat().st_mode & 0o077 == 0
    assert (program.home / "secret.key").stat().st_mode & 0o777 == 0o600


def test_whoever_reads_may_stop_reading(scene: Scene):
    """A pipe that was closed, a full disk, no output at all: no stack trace."""
    for arguments in (["--help"], ["rehearse", "--fault", "list"], ["config", "show"]):
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run(
            [sys.executable, "-m", "tocsin", *arguments],
            env=scene.program.environment,
            stdout=writing,
            stderr=subprocess.PIPE,
            check=False,
        )
        os.close(writing)
        assert (done.returncode, done.stderr) == (0, b""), arguments
    command = f"{sys.executable} -m tocsin rehearse --fault list"
    done = subprocess.run(
        ["/bin/sh", "-c", f"{command} >/dev/full"], capture_output=True, check=False
    )
    assert done.returncode == 3
    assert b"No space left" in done.stderr
    assert b"Traceback" not in done.stderr
    done = subprocess.run(["/bin/sh", "-c", f"{command} >&-"], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_terminal_without_some_letters_is_no_reason_to_fail(scene: Scene):
    """In an ASCII locale JSON stays JSON, and words show what they cannot write."""
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    text = json.dumps({"type": "\u00e4\u6d4b\u8bd5", "details": "\u2192"})
    scene.program.run("alarm", "send", "-", text=text)
    arguments = ("alarm", "list", "--type", "\u00e4\u6d4b\u8bd5")
    done = call(scene.program, *arguments, "--json", **plain)
    (found,) = json.loads(done.stdout.decode("ascii"))
    assert found["type"] == "\u00e4\u6d4b\u8bd5"
    done = call(scene.program, *arguments, **plain)
    assert done.returncode == 0
    assert b"\\u6d4b" in done.stdout


@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}])
def test_nothing_steers_the_terminal(scene: Scene, environment: dict[str, str]):
    """On a terminal, with hostile alarm text: no escape sequence, with NO_COLOR or without."""
    hostile = {"type": "esc", "details": "\x1b]0;title\x07\x1b[31m", "attributes": {"k": "\x1b[2J"}}
    (sent,) = scene.program.json("alarm", "send", "-", text=json.dumps(hostile))
    for arguments in (["alarm", "list"], ["why", sent["id"]], ["why", "\x1b[31m"]):
        leader, follower = pty.openpty()
        done = subprocess.run(
            [sys.executable, "-m", "tocsin", *arguments],
            env={**scene.program.environment, "TERM": "xterm-256color", **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=follower,
            check=False,
        )
        os.close(follower)
        shown = done.stdout
        with contextlib.suppress(OSError):  # nothing was written there
            shown += os.read(leader, 65_536)
        os.close(leader)
        assert b"\x1b" not in shown, shown


def test_all_or_nothing_while_it_runs(scene: Scene):
    """A document with one mistake among good parts changes nothing of a running manager."""
    before = scene.program.json("config", "show")
    document = {
        **yaml.safe_load(scene.document.read_text()),
        "actions": [{"name": "Other", "kind": "email", "to": ["other@example.com"]}],
        "rules": [{"name": "R", "when": {"severity": "high"}, "active": ["Mail the SOC"]}],
        "ciphers": {"preset": "nothing"},
    }
    path = scene.program.folder / "wrong.yaml"
    path.write_text(yaml.safe_dump(document))
    done = scene.program.run("config", "apply", str(path), status=2)
    assert done.stdout == ""
    assert "rules[0].when.severity" in done.stderr
    assert "ciphers.preset" in done.stderr
    assert scene.program.json("config", "show") == before


def test_a_wrong_bind_is_said_before_anything_starts(tmp_path: Path):
    """Exit status 2, and no home is made by it."""
    program = Program(tmp_path)
    for role in ("up", "web"):
        for bind in ("nonsense", "localhost:8443", "127.0.0.1:0", "127.0.0.1:70000"):
            done = program.run(role, "--bind", bind, status=2)
            assert "--bind" in done.stderr
    assert not program.home.exists()


def test_a_port_that_is_taken_is_said(tmp_path: Path):
    """Exit status 3 with address and reason, not a number of an incident."""
    program = Program(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = program.run("web", "--http", "--bind", f"127.0.0.1:{port}", status=3)
    assert f"127.0.0.1 port {port} cannot be used: Address already in use" in done.stderr
    assert "incident" not in done.stderr


def test_the_installed_command_is_the_same_program(scene: Scene):
    """`tocsin` beside the interpreter answers as `python -m tocsin` does."""
    installed = shutil.which("tocsin", path=str(Path(sys.executable).parent))
    assert installed is not None
    done = subprocess.run([installed, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == scene.program.run("--version").stdout
    assert done.stdout.startswith("tocsin ")
