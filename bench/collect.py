"""Collecting a chain, beside the pipeline of ``openssl``, ``awk`` and ``cp`` that the guide has.

The relay is the fast sink, with four certificates as SES presents them, none self-signed. Each
round runs each of three ways several times; its figures are their medians: the pipeline in
a shell; the command ``tocsin certs collect``; and one collection inside a process that runs
already, as the manager does. All go by name over STARTTLS. The first two leave a file for each
certificate in an empty folder. The pipeline only fetches; the others also judge the chain,
and look under TLS 1.2 and under the public roots as well.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import run
import sink
from comparison import Aim, Comparison
from tocsin.rehearsal.chain import Chain, make_chain
from tocsin.trust.anchor import Anchor
from tocsin.trust.certificate import read_certificates
from tocsin.trust.collect import collect

PIPELINE, COMMAND, INSIDE = "openssl, awk, cp", "tocsin certs collect", "inside the manager"
_AIMS = [Aim(PIPELINE, INSIDE, 10), Aim(COMMAND, PIPELINE, 2.5, at_most=True)]
_CERTIFICATES = 4
_LIBRARIES = ("-lssl", "-lcrypto", "-lpthread")
_SHELL = r"""
openssl s_client -starttls smtp -showcerts -connect "localhost:$1" <<< Q > all.crt 2> /dev/null
awk 'over { n++; over = 0 } /-----END CERTIFICATE-----/ { over = 1 }
  { print > ("cacert" n ".pem") }' < all.crt
for one in $(ls -t1 *.pem); do
  cp "$one" "$(awk -F 'CN ?= ?' '/s:/ { gsub(/ /, ""); print $NF }' "$one").pem"
done
rm -f cacert* all.crt
"""
"""What the guide has somebody type, with the file names quoted."""


def main() -> int:
    """Run and print."""
    options = _options()
    with run.folder(options) as folder:
        chain = make_chain("bench")
        with _served(folder, chain) as port:
            ways = _ways(folder, port, chain)
            for way in ways.values():
                way()
            rounds = [_round(ways, options.runs) for _ in range(options.rounds)]
    print(f"milliseconds; a round's figure is the median of {options.runs} runs")
    run.report(options, Comparison(rounds, "{:,.1f}"), _AIMS)
    return 0


def _options() -> argparse.Namespace:
    parser = run.parser(__doc__ or "")
    parser.add_argument("--runs", type=int, default=9, help="of each way in each round")
    return parser.parse_args()


def _round(ways: dict[str, Callable[[], float]], runs: int) -> dict[str, float]:
    """Milliseconds of each way, one way after the other."""
    return {
        name: statistics.median(way() * 1000 for _ in range(runs)) for name, way in ways.items()
    }


def _ways(folder: Path, port: int, chain: Chain) -> dict[str, Callable[[], float]]:
    """Each way as a call that gives the seconds it took."""
    root = folder / "root.pem"
    root.write_bytes(chain.root.pem)
    program = str(Path(sys.executable).with_name("tocsin"))
    command = [program, "certs", "collect", f"localhost:{port}"]
    command += ["--trust", str(root), "--out", "."]
    anchors = [Anchor(one.title, one) for one in read_certificates(chain.root.pem)]
    loop = asyncio.new_event_loop()

    def inside() -> float:
        began = time.perf_counter()
        found = loop.run_until_complete(collect("localhost", port, anchors=anchors))
        seconds = time.perf_counter() - began
        if len(found.certificates) != _CERTIFICATES or not found.verdict.trusted:
            raise SystemExit(f"inside the manager, not all was collected: {found.findings}")
        return seconds

    return {
        PIPELINE: lambda: _run(["bash", "-c", _SHELL, "bash", str(port)], folder),
        COMMAND: lambda: _run(command, folder),
        INSIDE: inside,
    }


def _run(command: list[str], folder: Path) -> float:
    """Seconds of a command that leaves the certificates in an empty folder."""
    work = folder / "work"
    work.mkdir()
    environment = {**os.environ, "TOCSIN_HOME": str(folder / "no-home")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed has been compiled
    began = time.perf_counter()
    subprocess.run(command, cwd=work, env=environment, check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - began
    # The pipeline also leaves the rest of what openssl said, in a file with some name or none.
    files = sum(b"BEGIN CERTIFICATE" in one.read_bytes() for one in work.iterdir())
    shutil.rmtree(work)
    if files != _CERTIFICATES:
        raise SystemExit(f"{command[0]} left {files} certificates, not {_CERTIFICATES}")
    return seconds


@contextmanager
def _served(folder: Path, chain: Chain) -> Iterator[int]:
    """The sink with the four certificates, on a port."""
    program = sink.build(Path(sink.__file__).with_name("sink.c"), folder, *_LIBRARIES)
    (folder / "chain.pem").write_bytes(b"".join(one.pem for one in chain.presented))
    (folder / "key.pem").write_bytes(chain.leaf.key_pem)
    (folder / "password").write_text(sink.PASSWORD)
    with subprocess.Popen(
        [
            *(str(program), "serve", "--port", "0", "--delay-ms", "0"),
            *("--chain", str(folder / "chain.pem"), "--key", str(folder / "key.pem")),
            *("--user", sink.USER, "--password-file", str(folder / "password")),
        ],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


if __name__ == "__main__":
    raise SystemExit(main())
