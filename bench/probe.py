"""The deep probe against the same questions asked by others, on the same server and machine.

The server is OpenSSL's, with every suite and version it has, TLS at once. The
peer is sslyze where the variable ``TOCSIN_SSLYZE_PYTHON`` names a Python that has it (in an
environment of its own; it is no part of this project), else a loop of ``openssl s_client``, one
run for each suite and version. Both are timed from inside, without the start of a program where
there is a choice.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import machine
from columns import columns
from tocsin.rehearsal.chain import make_chain
from tocsin.trust.deep.found import DeepProbe
from tocsin.trust.deep.look import probe_deeply
from tocsin.trust.deep.suites import TLS12, TLS13, suites_of

SSLYZE = "TOCSIN_SSLYZE_PYTHON"
_MOST_OF_PEER = 0.5
"""The deep probe takes at most so much of the peer's time."""

Suites = dict[str, set[str]]
"""The suites that were accepted, by version, under OpenSSL's names."""
Asked = tuple[float, Suites, dict[str, dict[str, int]]]
"""Seconds, suites, and the bits of each temporary key that the peer says."""

_SSLYZE_PROGRAM = """
import json, sys, time
from sslyze import (Scanner, ScanCommand, ServerNetworkLocation, ServerScanRequest)
wanted = {ScanCommand.SSL_3_0_CIPHER_SUITES, ScanCommand.TLS_1_0_CIPHER_SUITES,
    ScanCommand.TLS_1_1_CIPHER_SUITES, ScanCommand.TLS_1_2_CIPHER_SUITES,
    ScanCommand.TLS_1_3_CIPHER_SUITES, ScanCommand.CERTIFICATE_INFO,
    ScanCommand.SESSION_RESUMPTION, ScanCommand.TLS_COMPRESSION,
    ScanCommand.SESSION_RENEGOTIATION, ScanCommand.ELLIPTIC_CURVES,
    ScanCommand.TLS_FALLBACK_SCSV}
place = ServerNetworkLocation(hostname="localhost", ip_address="127.0.0.1", port=int(sys.argv[1]))
began = time.perf_counter()
scanner = Scanner()
scanner.queue_scans([ServerScanRequest(server_location=place, scan_commands=wanted)])
(result,) = scanner.get_results()
seconds = time.perf_counter() - began
suites, keys = {}, {}
for name, version in (("ssl_3_0", "SSLv3"), ("tls_1_0", "TLSv1"), ("tls_1_1", "TLSv1.1"),
        ("tls_1_2", "TLSv1.2"), ("tls_1_3", "TLSv1.3")):
    found = getattr(result.scan_result, name + "_cipher_suites").result
    suites[version] = [one.cipher_suite.openssl_name for one in found.accepted_cipher_suites]
    keys[version] = {one.cipher_suite.openssl_name: one.ephemeral_key.size
        for one in found.accepted_cipher_suites if one.ephemeral_key and version != "TLSv1.3"}
print(json.dumps({"seconds": seconds, "suites": suites, "keys": keys}))
"""


def main() -> int:
    """Run, print, and end with 1 when the probe finds less or takes too long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    peer = os.environ.get(SSLYZE)
    folder = Path(tempfile.mkdtemp(prefix="tocsin-bench-"))
    print(machine.describe())
    try:
        with served(folder) as port:
            ask = _sslyze(peer, port) if peer else _loop(port)
            figures = measure(port, options.rounds, ask)
    finally:
        shutil.rmtree(folder)
    name = "sslyze" if peer else "openssl s_client, one run a suite"
    ratio = figures["probe_s"] / figures["peer_s"]
    print(
        columns(
            [
                ["", "seconds", "suites", "connections"],
                _row("deep probe", figures["probe_s"], figures["probe_suites"], figures["asked"]),
                _row(name, figures["peer_s"], figures["peer_suites"], None),
                ["ratio", f"{ratio:.3f}", "", ""],
            ]
        )
    )
    print(f"found by the peer alone: {figures['missed']:.0f}")
    if options.json:
        Path(options.json).write_text(json.dumps({**figures, "peer": name}, indent=2) + "\n")
    return int(ratio > _MOST_OF_PEER or figures["missed"] > 0)


def _row(name: str, seconds: float, suites: float, asked: float | None) -> list[str]:
    return [name, f"{seconds:.3f}", f"{suites:.0f}", "-" if asked is None else f"{asked:.0f}"]


def measure(port: int, rounds: int, ask: Callable[[], Asked]) -> dict[str, float]:
    """Medians over some rounds, the two in turn."""
    ours, theirs = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        probe = asyncio.run(probe_deeply("localhost", port, "smtps"))
        ours.append(time.perf_counter() - began)
        seconds, suites, keys = ask()
        theirs.append(seconds)
    found = _found(probe)
    return {
        "probe_s": statistics.median(ours),
        "peer_s": statistics.median(theirs),
        "probe_suites": sum(map(len, found.values())),
        "peer_suites": sum(map(len, suites.values())),
        "asked": probe.connections,
        "missed": sum(len(suites[one] - found[one]) for one in suites) + _wrong(probe, keys),
    }


def _found(probe: DeepProbe) -> Suites:
    return {one.name: {suite.suite.name for suite in one.suites} for one in probe.versions}


def _wrong(probe: DeepProbe, keys: dict[str, dict[str, int]]) -> int:
    """Temporary keys of which the peer says another size."""
    ours = {
        (version.name, one.suite.name): one.key.bits
        for version in probe.versions
        for one in version.suites
        if one.key is not None
    }
    theirs = {(version, name): bits for version in keys for name, bits in keys[version].items()}
    return sum(
        ours.get(one) not in {bits, *({253} if bits == 256 else ())}  # X25519
        for one, bits in theirs.items()
    )


@contextmanager
def served(folder: Path) -> Iterator[int]:
    """The server; gives its port."""
    chain = make_chain("eu-west-1")
    certificate, above, key = folder / "leaf.pem", folder / "above.pem", folder / "key.pem"
    certificate.write_bytes(chain.presented[0].pem)
    above.write_bytes(b"".join(one.pem for one in chain.presented[1:]))
    key.write_bytes(chain.presented[0].key_pem)
    port = machine.free_port()
    command = ["openssl", "s_server", "-rev", "-accept", f"127.0.0.1:{port}", "-key", str(key)]
    command += ["-cert", str(certificate), "-cert_chain", str(above)]
    command += ["-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            machine.wait_until(lambda: _listens(port), "openssl s_server", 20)
            yield port
        finally:
            process.kill()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def _sslyze(python: str, port: int) -> Callable[[], Asked]:
    def ask() -> Asked:
        done = subprocess.run(
            [python, "-c", _SSLYZE_PROGRAM, str(port)], capture_output=True, text=True, check=True
        )
        told = json.loads(done.stdout)
        return (
            told["seconds"],
            {one: set(told["suites"][one]) for one in told["suites"]},
            told["keys"],
        )

    return ask


def _loop(port: int) -> Callable[[], Asked]:
    known = subprocess.run(
        ["openssl", "ciphers", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    names = set(known.strip().split(":"))
    asked = [("TLSv1.3", "-tls1_3", "-ciphersuites", one.name) for one in suites_of(TLS13)]
    asked += [("TLSv1.2", "-tls1_2", "-cipher", one.name) for one in suites_of(TLS12)]

    def ask() -> Asked:
        found: Suites = {"TLSv1.3": set(), "TLSv1.2": set()}
        began = time.perf_counter()
        for version, option, which, name in asked:
            if name in names and _takes(port, option, which, name):
                found[version].add(name)
        return time.perf_counter() - began, found, {}

    return ask


def _takes(port: int, option: str, which: str, name: str) -> bool:
    listed = name if which == "-ciphersuites" else f"{name}:@SECLEVEL=0"
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", option, which, listed],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return f"Cipher is {name}".encode() in done.stdout


if __name__ == "__main__":
    raise SystemExit(main())
