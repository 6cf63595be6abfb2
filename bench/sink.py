"""Builds, starts and watches the fast relay of ``sink.c``."""

from __future__ import annotations

import ipaddress
import re
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

USER = "AKIAIOSFODNN7EXAMPLE"
PASSWORD = "a password that only a benchmark uses"
_SOURCE = Path(__file__).with_name("sink.c")


@dataclass(frozen=True, slots=True)
class Told:
    """What the sink has counted since it was started."""

    messages: int
    octets: int
    connections: int
    peak: int
    """The most encrypted connections at once."""
    handshakes: int
    flights: int
    """How often a client that had signed in waited for an answer to anything but QUIT."""


class Sink:
    """One running sink, with a certificate authority of its own."""

    def __init__(self, folder: Path, *, delay_ms: int = 0, pipelining: bool = True) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._program = build(_SOURCE, folder, "-lssl", "-lcrypto", "-lpthread")
        self.password_file = folder / "password"
        self.password_file.write_text(PASSWORD + "\n")
        self.root_file = folder / "root.pem"
        make_certificates(folder)
        self._process = subprocess.Popen(
            [
                *(str(self._program), "serve", "--port", "0", "--delay-ms", str(delay_ms)),
                *("--chain", str(folder / "chain.pem"), "--key", str(folder / "key.pem")),
                *("--user", USER, "--password-file", str(self.password_file)),
                *(() if pipelining else ("--without-pipelining",)),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def told(self) -> Told:
        """Counts so far."""
        found = re.findall(r"\w+=(\d+)", self._ask("XSTAT"))
        return Told(*(int(one) for one in found))

    def arrivals(self) -> dict[str, list[int]]:
        """Last word of the Subject → the times of the 250, in microseconds since 1970."""
        times: dict[str, list[int]] = {}
        for at, word in self._dumped():
            times.setdefault(word, []).append(at)
        return times

    def times(self, since: int) -> list[int]:
        """When each mail got its 250, first to last, without the first `since` of them."""
        return sorted(at for at, _ in self._dumped()[since:])

    def _dumped(self) -> list[tuple[int, str]]:
        path = self._folder / "arrivals"
        assert self._ask(f"XDUMP {path}").startswith("250"), "the sink could not write"
        found = (line.partition(" ") for line in path.read_text().splitlines())
        return [(int(at), word) for at, _, word in found]

    def own_limit(self, *, size: int, messages: int = 200_000, connections: int = 4) -> float:
        """Messages of `size` octets a second that the sink takes from the cheapest client."""
        done = subprocess.run(
            [
                *(str(self._program), "limit", "--port", str(self.port), "--user", USER),
                *("--password-file", str(self.password_file), "--size", str(size)),
                *("--messages", str(messages), "--connections", str(connections)),
            ],
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return float(done.stdout)

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _ask(self, command: str) -> str:
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            stream = connection.makefile("rwb")
            stream.readline()
            stream.write(command.encode() + b"\r\n")
            stream.flush()
            return stream.readline().decode()


def build(source: Path, folder: Path, *libraries: str) -> Path:
    """Compile a C program of this folder into that one."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or not Path("/usr/include/openssl/ssl.h").exists():
        sys.exit("The sink is a C program: install gcc and libssl-dev, then run this again.")
    program = folder / source.stem
    subprocess.run(
        [compiler, "-O2", "-Wall", "-Wextra", "-o", str(program), str(source), *libraries],
        check=True,
    )
    return program


def make_certificates(folder: Path) -> None:
    """``root.pem``, and ``chain.pem`` with ``key.pem`` for localhost; RSA 2048 as SES has."""
    root_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    root_name = _name("Benchmark Root CA")
    root = (
        _builder(root_name, root_name, root_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    leaf = (
        _builder(_name("localhost"), root_name, key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "root.pem").write_bytes(root.public_bytes(pem))
    (folder / "chain.pem").write_bytes(leaf.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey
) -> x509.CertificateBuilder:
    today = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=30))
    )
