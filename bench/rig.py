"""What benchmarks share: the sink, a manager, a look at memory, ratios."""

from __future__ import annotations

import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tocsin.rehearsal.chain import make_chain
from tocsin.trust.anchor import Anchor
from tocsin.trust.certificate import read_certificates
from tocsin.trust.context import client_context

HERE = Path(__file__).parent


def free_port() -> int:
    """A port that nothing listens on just now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def wait_until(true: Callable[[], bool], what: str, seconds: float = 300.0) -> None:
    """Wait for something; a benchmark ends by itself when it does not come."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise SystemExit(f"waited in vain for {what}")
        time.sleep(0.02)


class Sink:
    """The fast SMTP sink, built when it is not there."""

    def __init__(self, folder: Path, *options: str) -> None:
        program = folder / "sink"
        if not program.exists():
            command = ["cc", "-O2", "-o", str(program), str(HERE / "sink.c"), "-lssl", "-lcrypto"]
            if subprocess.run([*command, "-lpthread"], check=False).returncode != 0:
                raise SystemExit("the sink needs a C compiler and OpenSSL's headers (libssl-dev)")
        chain = make_chain("eu-west-1")
        files = {
            "chain.pem": b"".join(one.pem for one in chain.presented),
            "leaf.key": chain.leaf.key_pem,
            "root.pem": chain.root.pem,
        }
        for name, content in files.items():
            (folder / name).write_bytes(content)
        self.root = folder / "root.pem"
        self.port = free_port()
        self._process = subprocess.Popen(
            [
                *(str(program), str(self.port), str(folder / "chain.pem")),
                str(folder / "leaf.key"),
                *options,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == "ready"

    def count(self) -> tuple[int, float]:
        """Messages taken, and when the last one was, in seconds since 1970."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("count\n")
        self._process.stdin.flush()
        taken, last = self._process.stdout.readline().split()
        return int(taken), int(last) / 1e6

    def limit(self, messages: int = 40_000) -> float:
        """Messages a second that the sink itself takes, from a client that only writes."""
        one = (
            b"MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n"
            + b"x" * 72
            + b"\r\n"
        )
        one += (b"y" * 72 + b"\r\n") * 27 + b".\r\n"
        (root,) = read_certificates(self.root.read_bytes())
        before = self.count()[0]
        with socket.create_connection(("127.0.0.1", self.port)) as plain:
            plain.recv(4096)
            plain.sendall(b"EHLO bench\r\n")
            plain.recv(4096)
            plain.sendall(b"STARTTLS\r\n")
            plain.recv(4096)
            context = client_context((Anchor("sink", root),))
            with context.wrap_socket(plain, server_hostname="localhost") as tls:
                block = one * 200
                began = time.time()

                def send() -> None:
                    for _ in range(messages // 200):
                        tls.sendall(block)

                writer = threading.Thread(target=send)
                writer.start()
                while self.count()[0] - before < messages:
                    tls.recv(65_536)
                writer.join()
        taken, last = self.count()
        return (taken - before) / (last - began)

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()


class Manager:
    """A real manager in a home of its own."""

    def __init__(self, folder: Path, document: dict[str, Any]) -> None:
        self.home = folder / "home"
        self._environment = {**os.environ, "TOCSIN_HOME": str(self.home)}
        self._environment.pop("TOCSIN_DATABASE_URL", None)
        path = folder / "document.json"
        path.write_text(json.dumps(document))
        self.command("config", "apply", str(path))
        self.token = json.loads(
            self.command("token", "add", "bench", "--role", "administrator", "--json")
        )["token"]
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder / "up.log"
        self.started = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tocsin", "up", "--http", "--bind", f"127.0.0.1:{port}"],
            env=self._environment,
            stdout=self.log.open("wb"),
            stderr=subprocess.STDOUT,
        )

    def command(self, *arguments: str) -> str:
        """A command on the home."""
        return subprocess.run(
            [sys.executable, "-m", "tocsin", *arguments],
            env=self._environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def is_ready(self) -> bool:
        """Whether it accepts alarms."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def post(self, alarms: Sequence[dict[str, Any]]) -> None:
        """Report a batch over the API; answered when it is durable."""
        request = urllib.request.Request(
            f"{self.url}/api/v1/alarms",
            data=json.dumps(alarms).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            results = json.load(answer)
        assert all(one["ok"] for one in results)

    def memory(self) -> int:
        """Proportional set size of all its processes, in bytes."""
        return sum(pss(pid) for pid in family(self._process.pid))

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(15)


def family(pid: int) -> Iterator[int]:
    """A process and all below it."""
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from family(int(child))


def pss(pid: int) -> int:
    """Proportional set size in bytes; 0 when the process is gone."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        return 0
    return 0


class Peak:
    """The largest of a value that is looked at again and again."""

    def __init__(self, look: Callable[[], int]) -> None:
        self.value = 0
        self._look = look
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._over.wait(0.5):
            self.value = max(self.value, self._look())

    def stop(self) -> int:
        """Stop looking; gives the peak."""
        self._over.set()
        self._thread.join()
        return self.value


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that goes when the benchmark ends."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        yield Path(name)


def machine() -> str:
    """What it was measured on."""
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"


def percentile(values: Sequence[float], share: float) -> float:
    """A percentile, 0 < share < 1."""
    return statistics.quantiles(values, n=1000)[int(share * 1000) - 1]
