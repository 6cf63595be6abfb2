"""A whole Tocsin for a benchmark: its processes, its configuration, its API."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from yaml import safe_dump

from machine import MIB, Peak, family, free_port, processor_seconds, wait_until
from result import Result, latencies
from sink import USER, Sink

RULES = 100


class Manager:
    """One home and the manager that runs on it."""

    def __init__(self, folder: Path, *, database: str | None = None) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.home = folder / "home"
        self.port = free_port()
        self._database = database
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The supervisor."""
        assert self._process is not None
        return self._process.pid

    def command(self, *arguments: str) -> str:
        """Run a command of the program; gives what it answered."""
        done = subprocess.run(
            [sys.executable, "-m", "tocsin", *arguments, "--home", str(self.home)],
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"tocsin {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done.stdout

    def apply(self, document: Mapping[str, Any]) -> None:
        """Configure it."""
        path = self.folder / "document.yaml"
        path.write_text(safe_dump(dict(document)))
        self.command("config", "apply", str(path))

    def token(self) -> str:
        """A bearer token that may do everything."""
        made = json.loads(
            self.command("token", "add", "benchmark", "--role", "administrator", "--json")
        )
        return str(made["token"])

    def start(self) -> float:
        """Start every role; gives the seconds until it could take alarms."""
        begun = time.monotonic()
        with (self.folder / "up.log").open("ab") as log:
            self._process = self.spawn("up", *self.bind, log=log)
        wait_until(self.ready, "the manager", 60, 0.01)
        return time.monotonic() - begun

    @property
    def bind(self) -> tuple[str, ...]:
        """Where its pages and its API are to be."""
        return "--http", "--bind", f"127.0.0.1:{self.port}"

    def spawn(self, *arguments: str, log: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start a command that stays."""
        return subprocess.Popen(
            [sys.executable, "-m", "tocsin", *arguments, "--home", str(self.home)],
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )

    def stop(self) -> float:
        """End it; gives the seconds that took."""
        if self._process is None:
            return 0.0
        begun = time.monotonic()
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        return time.monotonic() - begun

    def ready(self) -> bool:
        """Whether it says that it can take alarms."""
        try:
            status, _ = self.request("GET", "/readyz")
        except (OSError, http.client.HTTPException):
            return False
        return status == 200

    def request(self, method: str, path: str, **headers: str) -> tuple[int, bytes]:
        """One request without a body, over a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def counted(self, metric: str) -> int:
        """The sum of a metric's samples whose name and labels begin so."""
        _, text = self.request("GET", "/metrics")
        return sum(
            int(float(line.rpartition(" ")[2]))
            for line in text.decode().splitlines()
            if line.startswith(metric)
        )

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
        return kept | ({"TOCSIN_DATABASE_URL": self._database} if self._database else {})


def relay(sink: Sink, *, port: int | None = None) -> dict[str, Any]:
    """The part of a configuration document that makes a sink the relay."""
    return {
        "smtp": {
            "server": "localhost",
            "port": port or sink.port,
            "encryption": "starttls",
            "from": "tocsin@example.com",
            "user": USER,
            "password_file": str(sink.password_file),
        },
        "trust": [{"name": "Benchmark Root CA", "file": str(sink.root_file)}],
    }


def document(sink: Sink) -> dict[str, Any]:
    """A relay, a trusted root, one action, and rules of which the last matches."""
    others = [
        {"severity": "critical"},
        {"type": ["Suspect Data Loss", "Beaconing Host"], "severity": "minor"},
        {"category": "Exfiltration", "source_host": "203.0.113.0/24"},
        {"target_host": ["198.51.100.128/25", "2001:db8::/32"], "severity": "major"},
        {"source": "ids-2", "type": "Benchmark"},
    ]
    rules = [
        {
            "name": f"Rule {number:03}",
            "when": others[number % len(others)],
            "active": ["Mail the SOC"],
        }
        for number in range(RULES - 1)
    ]
    rules.append(
        {"name": "Everything major", "when": {"severity": "major"}, "active": ["Mail the SOC"]}
    )
    return {
        **relay(sink),
        "actions": [
            {
                "name": "Mail the SOC",
                "kind": "email",
                "to": ["soc@example.com"],
                "subject": "alarm {{ alarm.type }}",
            }
        ],
        "rules": rules,
    }


def alarms(numbers: Sequence[str]) -> list[dict[str, Any]]:
    """One alarm for each number, all different ones."""
    return [
        {
            "source": "ids-1",
            "type": number,
            "category": "Recon",
            "severity": "major",
            "source_host": {"ip": "192.0.2.10", "port": 40_000},
            "target_host": {"ip": "198.51.100.7", "port": 22},
            "protocol": "TCP",
            "details": "the same text as in the other run",
        }
        for number in numbers
    ]


def post(
    manager: Manager, token: str, count: int, *, batch: int, prefix: str, pause_s: float = 0.0
) -> dict[str, int]:
    """Post alarms in batches; gives for each the time when its request was answered (µs)."""
    answered: dict[str, int] = {}
    connection = http.client.HTTPConnection("127.0.0.1", manager.port, timeout=60)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    for first in range(0, count, batch):
        numbers = [f"{prefix}{place}" for place in range(first, min(count, first + batch))]
        body = json.dumps(alarms(numbers))
        connection.request("POST", "/api/v1/alarms", body, headers)
        answer = connection.getresponse()
        results = json.loads(answer.read())
        if answer.status != 202 or not all(one["ok"] for one in results):
            raise SystemExit(f"the manager answered {answer.status}")
        at = time.time_ns() // 1000
        answered.update(dict.fromkeys(numbers, at))
        if pause_s:
            time.sleep(pause_s)
    connection.close()
    return answered


def measure(
    manager: Manager,
    sink: Sink,
    token: str,
    count: int,
    *,
    batch: int,
    seconds: float,
    prefix: str,
) -> Result:
    """Accept, decide and mail `count` alarms; ends when every outcome is recorded."""
    before = sink.told()
    with Peak(manager.pid) as peak:
        cpu = processor_seconds(family(manager.pid))
        start = time.time()
        answered = post(manager, token, count, batch=batch, prefix=prefix)
        posted = time.time()
        delivered = 'tocsin_deliveries_total{kind="email",state="delivered"}'
        wait_until(
            lambda: sink.told().messages - before.messages >= count, "its mails", seconds, 0.1
        )
        wait_until(lambda: manager.counted(delivered) >= count, "its outcomes", 60, 0.2)
        after = sink.told()
        cpu = processor_seconds(family(manager.pid)) - cpu
    arrived = {word: at for word, at in sink.arrivals().items() if word in answered}
    last = max(max(times) for times in arrived.values()) / 1e6
    median, worst = latencies(answered, arrived)
    return Result(
        sender="Tocsin",
        alarms=count,
        accepted_per_s=count / (posted - start),
        mails_per_s=len(arrived) / (last - start),
        latency_p50=median,
        latency_p99=worst,
        peak_memory_mib=peak.octets / MIB,
        processor_ms_per_mail=cpu / count * 1000,
        octets_per_mail=(after.octets - before.octets) / max(1, after.messages - before.messages),
        connections=after.handshakes - before.handshakes,
        missing=count - len(arrived),
        twice=sum(len(times) > 1 for times in arrived.values()),
    )


def calm_latency(manager: Manager, sink: Sink, token: str, *, prefix: str) -> tuple[float, float]:
    """Median and 99th percentile when single alarms come in every 20 ms."""
    before = sink.told().messages
    answered = post(manager, token, 250, batch=1, prefix=prefix, pause_s=0.02)
    wait_until(lambda: sink.told().messages - before >= 250, "the calm mails", 60, 0.1)
    return latencies(answered, sink.arrivals())
