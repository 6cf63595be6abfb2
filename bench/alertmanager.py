"""Prometheus Alertmanager as Debian ships it, mailing to the same sink."""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from yaml import safe_dump

from machine import MIB, Peak, family, free_port, processor_seconds, wait_until
from result import Result, latencies
from sink import USER, Sink

_BATCH = 100
"""Alerts a request: what Prometheus itself sends at most is 64."""


def installed() -> bool:
    """Whether there is one here."""
    return shutil.which("prometheus-alertmanager") is not None


def run(sink: Sink, folder: Path, count: int, *, seconds: float, prefix: str) -> Result:
    """Mail `count` alerts, one group each."""
    folder.mkdir(parents=True)
    port = free_port()
    settings = folder / "alertmanager.yml"
    settings.write_text(safe_dump(_settings(sink)))
    log = (folder / "log").open("wb")
    process = subprocess.Popen(
        [
            "prometheus-alertmanager",
            f"--config.file={settings}",
            f"--storage.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
        ],
        stdout=log,
        stderr=log,
    )
    try:
        wait_until(lambda: _ready(port), "Alertmanager", 30)
        with Peak(process.pid) as peak:
            return _measure(sink, process.pid, port, count, peak, seconds, prefix)
    finally:
        process.kill()
        process.wait()
        log.close()


def _measure(
    sink: Sink, pid: int, port: int, count: int, peak: Peak, seconds: float, prefix: str
) -> Result:
    before = sink.told()
    cpu = processor_seconds(family(pid))
    start = time.time()
    answered = _post(port, count, f"{prefix}a")
    posted = time.time()
    wait_until(lambda: sink.told().messages - before.messages >= count, "its mails", seconds, 0.1)
    time.sleep(0.5)  # would a second copy come, it would come now
    after = sink.told()
    cpu = processor_seconds(family(pid)) - cpu
    arrived = {word: at for word, at in sink.arrivals().items() if word in answered}
    last = max(max(times) for times in arrived.values()) / 1e6
    median, worst = latencies(answered, arrived)
    return Result(
        sender="Alertmanager",
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


def _settings(sink: Sink) -> dict[str, object]:
    return {
        "global": {
            "smtp_smarthost": f"localhost:{sink.port}",
            "smtp_from": "alertmanager@example.com",
            "smtp_auth_username": USER,
            "smtp_auth_password": sink.password_file.read_text().strip(),
            "smtp_require_tls": True,
        },
        "route": {
            "receiver": "mail",
            "group_by": ["..."],
            "group_wait": "0s",
            "group_interval": "5m",
            "repeat_interval": "4h",
        },
        "receivers": [
            {
                "name": "mail",
                "email_configs": [
                    {
                        "to": "soc@example.com",
                        "headers": {"Subject": "alert {{ .CommonLabels.number }}"},
                        "tls_config": {"ca_file": str(sink.root_file)},
                    }
                ],
            }
        ],
    }


def _ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/-/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _post(port: int, count: int, prefix: str) -> dict[str, int]:
    """Post them all; gives for each the time when its request was answered."""
    answered: dict[str, int] = {}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    now = datetime.now(UTC)
    times = {"startsAt": now.isoformat(), "endsAt": (now + timedelta(hours=2)).isoformat()}
    for first in range(0, count, _BATCH):
        numbers = [f"{prefix}{place}" for place in range(first, min(count, first + _BATCH))]
        alerts = [
            {
                "labels": {
                    "alertname": "Benchmark",
                    "severity": "major",
                    "number": number,
                    "source": "192.0.2.10",
                    "target": "198.51.100.7",
                },
                "annotations": {"details": "the same text as in the other run"},
                **times,
            }
            for number in numbers
        ]
        body = json.dumps(alerts)
        connection.request("POST", "/api/v2/alerts", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"Alertmanager answered {answer.status}")
        at = time.time_ns() // 1000
        answered.update(dict.fromkeys(numbers, at))
    connection.close()
    return answered
