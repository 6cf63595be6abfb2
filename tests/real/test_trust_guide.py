"""``tocsin certs collect`` where the pipeline of ``openssl``, ``awk`` and ``cp`` goes wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import chains
from tlsserver import SmtpStub, free_port
from tocsin.trust.certificate import read_certificates
from tocsin.trust.context import server_context


def collect(folder: Path, port: int, *more: str) -> subprocess.CompletedProcess[str]:
    """The command as somebody types it, in a folder of its own and without any home."""
    words = ("certs", "collect", f"127.0.0.1:{port}", "--out", "out", "--timeout", "15", *more)
    return subprocess.run(
        [sys.executable, "-m", "tocsin", *words],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "TOCSIN_HOME": str(folder / "no-home")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_connection_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    """Nobody listens, or STARTTLS is not offered: exit status 1, a reason, and no file."""
    closed = collect(tmp_path, free_port())
    assert closed.returncode == 1
    assert "tcp.refused" in closed.stdout
    with SmtpStub(ehlo=b"250 relay.example.com\r\n") as server:
        plain = collect(tmp_path, server.port)
    assert plain.returncode == 1
    assert "smtp.starttls-missing" in plain.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("common_name", ["../escaped", "*", "", "-rf"])
def test_the_peer_writes_nowhere_else(tmp_path: Path, common_name: str) -> None:
    """One file a certificate, all of them in the folder, whatever the server is called."""
    root = chains.make("../escaped", ca=True, names=())
    leaf = chains.make(common_name or None, issuer=root, names=["127.0.0.1"])
    context = server_context(*chains.write_chain(tmp_path, [leaf, root]))
    work = tmp_path / "work"
    work.mkdir()
    with SmtpStub(context) as server:
        done = collect(work, server.port)
    assert done.returncode == 1  # nothing is trusted by being collected
    assert [one.name for one in work.iterdir()] == ["out"]
    files = sorted((work / "out").iterdir())
    kept = {read_certificates(one.read_bytes())[0].sha256 for one in files}
    assert kept == {leaf.sha256, root.sha256}
    assert len(files) == 2
