"""The benchmarks measure what they say: their sink is a relay, and their pipeline runs."""

from __future__ import annotations

import json
import shutil
import smtplib
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

BENCH = Path(__file__).parent.parent.parent / "bench"

pytestmark = pytest.mark.skipif(
    shutil.which("cc") is None or not Path("/usr/include/openssl/ssl.h").exists(),
    reason="the sink is a C program: gcc and libssl-dev are not installed",
)


@pytest.fixture
def sink(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A running sink."""
    monkeypatch.syspath_prepend(str(BENCH))
    from sink import Sink

    one = Sink(tmp_path / "sink")
    yield one
    one.stop()


def client(sink: Any) -> smtplib.SMTP:
    """A connection that is encrypted, to a relay that is trusted."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(sink.root_file)
    connection = smtplib.SMTP("localhost", sink.port, timeout=10)
    connection.starttls(context=context)
    return connection


def test_the_sink_takes_no_mail_before_sign_in(sink):
    """A benchmark cannot look good by leaving out encryption or sign-in."""
    with smtplib.SMTP("localhost", sink.port, timeout=10) as plain:
        plain.ehlo()
        assert plain.mail("a@example.com")[0] == 530
        assert not plain.has_extn("auth")
    with client(sink) as encrypted:
        encrypted.ehlo()
        assert encrypted.mail("a@example.com")[0] == 530
        with pytest.raises(smtplib.SMTPAuthenticationError):
            encrypted.login("AKIAIOSFODNN7EXAMPLE", "wrong")
    assert sink.told().messages == 0


def test_the_sink_counts_each_mail_once(sink):
    """What arrives is counted with its Subject, also when a body looks like an end."""
    password = sink.password_file.read_text().strip()
    body = "Subject: alarm {}\r\n\r\n..\r\n.\r\nSubject: not this one\r\n" + "x" * 70_000
    with client(sink) as connection:
        connection.login("AKIAIOSFODNN7EXAMPLE", password)
        for number in range(3):
            connection.sendmail("a@example.com", ["b@example.com"], body.format(number))
    assert sink.told().messages == 3
    assert {word: len(times) for word, times in sink.arrivals().items()} == {
        "0": 1,
        "1": 1,
        "2": 1,
    }
    assert sink.own_limit(size=500, messages=256) > 0
    assert sink.told().messages == 3 + 256


def test_the_pipeline_delivers_all_of_it(tmp_path):
    """A short run accepts, decides and delivers every alarm, and writes its figures."""
    figures = tmp_path / "figures.json"
    done = subprocess.run(
        [
            *(sys.executable, str(BENCH / "pipeline.py"), "--alarms", "60", "--batch", "20"),
            *("--without-peer", "--json", str(figures)),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (result,) = json.loads(figures.read_text())["results"]
    assert (result["alarms"], result["missing"], result["twice"]) == (60, 0, 0)
