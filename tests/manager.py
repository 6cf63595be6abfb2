"""Real processes of Tocsin for tests that want the whole program."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml


def free_port() -> int:
    """A port that nothing listens on just now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def wait_until(true: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    """Wait for something that must come; the bound only keeps a failed test from hanging."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.05)


class Program:
    """A home, and the program's commands on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self._running: list[subprocess.Popen[bytes]] = []

    @property
    def environment(self) -> dict[str, str]:
        """What processes of this home are started with."""
        # Without compiled files every start of a process would compile all of Tocsin.
        dropped = {"TOCSIN_TEST_STORE", "PYTHONDONTWRITEBYTECODE"}
        kept = {name: value for name, value in os.environ.items() if name not in dropped}
        return {**kept, "TOCSIN_HOME": str(self.home)}

    def run(
        self, *arguments: str, text: str | None = None, status: int | None = 0
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; its exit status must be `status`."""
        done = subprocess.run(
            [sys.executable, "-m", "tocsin", *arguments],
            env=self.environment,
            input=text,
            capture_output=True,
            text=True,
            cwd=self.folder,
            timeout=120,
            check=False,
        )
        if status is not None:
            assert done.returncode == status, f"{arguments}: {done.stdout}{done.stderr}"
        return done

    def json(self, *arguments: str, text: str | None = None, status: int | None = 0) -> Any:
        """The answer of a command with ``--json``."""
        return json.loads(self.run(*arguments, "--json", text=text, status=status).stdout)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command that stays; what it prints goes to a file of its name."""
        with (self.folder / f"{arguments[0]}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tocsin", *arguments],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )
        self._running.append(process)
        return process

    def rehearse(self, *arguments: str) -> dict[str, Any]:
        """Start the rehearsal relay; gives where it listens."""
        out = self.folder / "inbox"
        self.start("rehearse", "--port", "0", "--smtps-port", "0", "--out", str(out), *arguments)
        facts = out / "relay.json"
        wait_until(facts.exists, "the rehearsal relay")
        time.sleep(0.1)
        told: dict[str, Any] = json.loads(facts.read_text())
        return told

    def apply(self, document: dict[str, Any]) -> None:
        """Apply a document."""
        path = self.folder / "document.yaml"
        path.write_text(yaml.safe_dump(document))
        self.run("config", "apply", str(path))

    def up(self, *arguments: str) -> str:
        """Start a whole manager over plain HTTP; gives its address once it is ready."""
        port = free_port()
        self.start("up", "--http", "--bind", f"127.0.0.1:{port}", *arguments)
        log = self.folder / "up.log"
        wait_until(lambda: log.exists() and "Tocsin is up" in log.read_text(), "the manager")
        return f"http://127.0.0.1:{port}"

    def log(self, name: str) -> str:
        """What a started command has printed."""
        return (self.folder / f"{name}.log").read_text()

    def stop(self) -> None:
        """End everything that was started."""
        for process in self._running:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self._running:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def smtp_of(relay: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The ``smtp`` part of a document for that rehearsal relay."""
    part = {
        "server": relay["host"],
        "port": relay["port"],
        "encryption": "starttls",
        "from": "tocsin@example.com",
        "user": relay["user"],
        "password_file": relay["password_file"],
    }
    return {**part, **changes}


def document_of(relay: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """A whole document: the relay, its root trusted, one action, one rule for everything."""
    return {
        "smtp": smtp_of(relay),
        "trust": [{"name": "Rehearsal Root CA 1", "file": relay["root_file"]}],
        "actions": [{"name": "Mail the SOC", "kind": "email", "to": ["soc@example.com"]}],
        "rules": [{"name": "Everything", "when": {}, "active": ["Mail the SOC"]}],
        **parts,
    }


def alarms(count: int, prefix: str = "alarm") -> Sequence[dict[str, Any]]:
    """Alarms that all differ."""
    return [
        {
            "type": f"{prefix} {place}",
            "severity": "major",
            "source_host": {"ip": f"192.0.2.{place % 250 + 1}"},
            "target_host": {"ip": "198.51.100.7", "port": 22},
            "details": "an alarm of a test",
        }
        for place in range(count)
    ]


def metrics(url: str) -> dict[str, float]:
    """What a manager's ``/metrics`` says: each sample with its labels, and its value."""
    with urllib.request.urlopen(f"{url}/metrics", timeout=30) as answer:
        text = answer.read().decode()
    samples = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in samples}


def entries(told: dict[str, float], state: str) -> int:
    """How often a delivery of the kind email came into that state."""
    return int(told.get(f'tocsin_deliveries_total{{kind="email",state="{state}"}}', 0))


def is_settled(told: dict[str, float]) -> bool:
    """Whether by these numbers every transition is decided and no delivery is under way."""
    under_way = ("queued", "sending", "retrying")
    waiting = sum(told[f'tocsin_deliveries_now{{state="{one}"}}'] for one in under_way)
    return told["tocsin_transitions_undecided"] == waiting == 0
