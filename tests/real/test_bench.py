"""The benchmarks measure what they say: their sink is a relay, and their pipeline runs."""

from __future__ import annotations

import json
import os
import shutil
import smtplib
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

BENCH = Path(__file__).parent.parent.parent / "bench"
POSTFIX = shutil.which("smtp-source", path="/usr/sbin") is not None and os.geteuid() == 0

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


def run(program: str, folder: Path, *arguments: str) -> tuple[str, Any]:
    """What a short run of a benchmark prints, and the figures that it writes."""
    figures = folder / "figures.json"
    done = subprocess.run(
        [sys.executable, str(BENCH / f"{program}.py"), *arguments, "--json", str(figures)],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, json.loads(figures.read_text())


def test_the_pipeline_delivers_all_of_it(tmp_path):
    """A short run accepts, decides and delivers every alarm, and writes its figures."""
    short = ("--rounds", "2", "--alarms", "60", "--batch", "20", "--without-peer")
    printed, figures = run("pipeline", tmp_path, *short)
    (result,) = figures["results"]
    assert (result["alarms"], result["missing"], result["twice"]) == (60, 0, 0)
    assert len(figures["rounds"]) == 2
    assert "mails delivered a second" in printed


def test_the_sink_can_be_without_pipelining(tmp_path, monkeypatch):
    """Then it does not offer it; what is asked after sign-in is counted as round trips."""
    monkeypatch.syspath_prepend(str(BENCH))
    from sink import Sink

    one = Sink(tmp_path / "sink", pipelining=False)
    try:
        with client(one) as connection:
            connection.login("AKIAIOSFODNN7EXAMPLE", one.password_file.read_text().strip())
            assert not connection.has_extn("pipelining")
            connection.sendmail("a@example.com", ["b@example.com"], "Subject: one\r\n\r\n")
            assert one.told().peak == 1
        # MAIL, RCPT, DATA, the content; QUIT counts for nothing
        assert one.told().flights == 4
    finally:
        one.stop()


def test_the_distance_delays_both_ways_and_changes_nothing(tmp_path, monkeypatch):
    """Octets arrive whole, in order, not before their time; the end arrives too."""
    monkeypatch.syspath_prepend(str(BENCH))
    from distance import Distance

    sent = bytes(range(256)) * 4_000
    with socket.create_server(("127.0.0.1", 0)) as far:
        distance = Distance(tmp_path, far.getsockname()[1], round_trip_ms=100)
        try:
            with socket.create_connection(("127.0.0.1", distance.port), timeout=30) as near:
                other, _ = far.accept()
                begun = time.monotonic()
                with other:
                    near.sendall(b"?")
                    assert other.recv(1) == b"?"
                    assert time.monotonic() - begun >= 0.05
                    writer = threading.Thread(target=other.sendall, args=(sent,))
                    writer.start()
                    came = near.makefile("rb").read(len(sent))
                    writer.join()
                assert came == sent
                assert time.monotonic() - begun >= 0.1
                assert near.recv(1) == b""
        finally:
            distance.stop()


def test_the_outbox_is_measured_beside_its_client(tmp_path):
    """The same mails, octet for octet, leave the outbox and the client without one."""
    printed, figures = run(
        *("outbox", tmp_path, "--rounds", "1", "--mails", "300", "--postfix-mails", "100"),
        *([] if POSTFIX else ["--without-peer"]),
    )
    (ratio, *_) = figures["ratios"]
    assert (ratio["aim"], ratio["at_most"]) == (0.5, False)
    assert ratio["ratio"] > 0
    assert len(set(figures["octets"].values())) == 1
    assert "the same client, composed ahead" in printed
    assert ("Postfix, connections kept" in printed) is POSTFIX


def test_a_far_relay_is_measured_against_its_limit(tmp_path):
    """Connections and round trips are counted, and bound the rate."""
    printed, figures = run("farrelay", tmp_path, "--rounds", "1", "--mails", "60")
    (one,) = figures["rounds"]
    assert one["round trips a message"] >= 4
    assert one["mails a second"] <= one["the limit of its connections"]
    assert "at least 0.8" in printed


def test_latency_is_measured_beside_smtplib(tmp_path):
    """Every alarm and every mail of the peer has its time."""
    printed, figures = run("latency", tmp_path, "--rounds", "1", "--rate", "20", "--seconds", "3")
    (one,) = figures["rounds"]
    assert all(value > 0 for value in one.values())
    assert "at most 3" in printed


def test_memory_is_measured_with_few_and_many(tmp_path):
    """Copies of deliveries are deliveries: the responder mails them, the list shows them."""
    short = ("--rounds", "1", "--few", "40", "--many", "400", "--seconds", "1")
    printed, figures = run("memory", tmp_path, *short)
    (one,) = figures["rounds"]
    assert 0 < one["mails sent meanwhile, 40 queued"] <= 40
    assert 0 < one["mails sent meanwhile, 400 queued"] <= 400
    assert "at most 1.5" in printed
