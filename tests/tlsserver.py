"""Servers that tests talk TLS to: OpenSSL's own, and an SMTP server that can misbehave."""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tocsin.trust.session import TlsClient

OPENSSL = shutil.which("openssl")
_END = b"-----END CERTIFICATE-----"


@contextlib.contextmanager
def openssl_server(certificates: Path, key: Path, *arguments: str) -> Iterator[int]:
    """``openssl s_server`` on a free port of 127.0.0.1; gives the port.

    `certificates` holds the leaf first; what follows it is sent along. Lines are
    answered with themselves backwards, so that a client gets words to read.
    """
    assert OPENSSL is not None
    command = [OPENSSL, "s_server", "-rev", "-accept", "127.0.0.1:0", "-key", str(key)]
    command += ["-cert", str(certificates)]
    above = certificates.read_bytes().partition(_END)[2].lstrip()
    if above:
        chain = certificates.with_suffix(".chain")
        chain.write_bytes(above)
        command += ["-cert_chain", str(chain)]
    with subprocess.Popen(
        [*command, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            yield _announced_port(process)
        finally:
            process.kill()


def _announced_port(process: subprocess.Popen[bytes]) -> int:
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        if line.startswith(b"ACCEPT "):
            # Keep reading, or the server blocks on a full pipe.
            threading.Thread(target=process.stdout.read, daemon=True).start()
            return int(line.split()[1].rpartition(b":")[2])
        said.append(line)
    raise RuntimeError(b"".join(said).decode())


@dataclass
class SmtpStub:
    """A threaded SMTP server that answers with what it is given, and can break off anywhere.

    Each answer is sent as it stands; None means silence, `CLOSE` and `RESET` end the
    connection there. `context` does STARTTLS (or TLS at once with `wrapper`). `drip`
    sends the greeting an octet at a time with that many seconds between.
    """

    context: ssl.SSLContext | None = None
    greeting: bytes | None = b"220 relay.example.com ESMTP\r\n"
    ehlo: bytes | None = b"250-relay.example.com\r\n250-8BITMIME\r\n250 STARTTLS\r\n"
    starttls: bytes | None = b"220 2.0.0 Ready to start TLS\r\n"
    handshake: bytes | None = None
    """Sent in place of the server's handshake when given."""
    wrapper: bool = False
    drip: float = 0
    address: str = "127.0.0.1"
    port: int = 0
    commands: list[bytes] = field(default_factory=list)
    server_names: list[str | None] = field(default_factory=list)

    CLOSE = b"<close>"
    RESET = b"<reset>"

    def __enter__(self) -> Self:
        self._stopping = threading.Event()
        self._open: set[socket.socket] = set()
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        self._listener = socket.create_server(
            (self.address, self.port), family=family, backlog=50, reuse_port=False
        )
        self.port = self._listener.getsockname()[1]
        if self.context is not None:
            self.context.sni_callback = self._note_name
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join(5)
        for one in list(self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _note_name(self, _: object, name: str | None, __: object) -> None:
        self.server_names.append(name)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with contextlib.suppress(OSError, ssl.SSLError, _Ended):
                self._talk(connection)
        finally:
            self._open.discard(connection)
            connection.close()

    def _talk(self, connection: socket.socket) -> None:
        if self.wrapper:
            connection = self._begin_tls(connection)
        self._say(connection, self.greeting)
        if self._converse(connection):
            self._converse(self._begin_tls(connection))

    def _converse(self, connection: socket.socket) -> bool:
        """Answer commands; whether STARTTLS was agreed on."""
        answers = {
            b"EHLO": self.ehlo,
            b"STARTTLS": self.starttls,
            b"QUIT": b"221 2.0.0 Bye\r\n" + self.CLOSE,
        }
        with connection.makefile("rb") as lines:
            for line in lines:
                self.commands.append(line.rstrip())
                verb = line.split()[0].upper() if line.strip() else b""
                answer = answers.get(verb, b"250 2.0.0 Ok\r\n")
                self._say(connection, answer)
                if verb == b"STARTTLS" and answer and answer.startswith(b"220"):
                    return True
        return False

    def _begin_tls(self, connection: socket.socket) -> ssl.SSLSocket:
        if self.handshake is not None:
            connection.recv(4096)
            self._say(connection, self.handshake)
            raise _Ended
        assert self.context is not None
        secured = self.context.wrap_socket(connection, server_side=True)
        self._open.add(secured)
        return secured

    def _say(self, connection: socket.socket, answer: bytes | None) -> None:
        if answer is None:
            self._stopping.wait(30)
            raise _Ended
        ending = next((mark for mark in (self.CLOSE, self.RESET) if answer.endswith(mark)), b"")
        text = answer.removesuffix(ending)
        for piece in [bytes((one,)) for one in text] if self.drip else [text]:
            connection.sendall(piece)
            self._stopping.wait(self.drip)
        if ending == self.RESET:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if ending:
            raise _Ended


class _Ended(Exception):
    """The connection ends here, as asked."""


@dataclass(frozen=True)
class MemoryServer:
    """The server's side of a session in memory, with the pipes under it."""

    tls: ssl.SSLObject
    incoming: ssl.MemoryBIO
    outgoing: ssl.MemoryBIO


def shake_hands(server_context: ssl.SSLContext, client: TlsClient) -> MemoryServer:
    """A handshake in memory, both sides; raises what the client raises.

    The server's side is driven as far as it goes, so that its alerts arrive too.
    """
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = server_context.wrap_bio(incoming, outgoing, server_side=True)
    client.start()
    done = False
    for _ in range(20):
        incoming.write(client.outgoing())
        with contextlib.suppress(ssl.SSLError):
            server.do_handshake()
            done = True
        client.receive(outgoing.read())
        if done and client.established:
            incoming.write(client.outgoing())
            return MemoryServer(server, incoming, outgoing)
    raise AssertionError("the handshake comes to no end")


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, seconds: float = 10) -> None:
    """Wait until something accepts connections there."""
    until = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


WEAK_DH = """\
-----BEGIN DH PARAMETERS-----
MIGHAoGBAOZVhByDXkgswDSXYSJwVJKyppQghtJnTae64x7NMkzZddXtUNDx4HQh
tbFl2BhBqJL36dIgHebQYerBothS6IWujL4XDgfJS2rzZuPxE+AzTlhSiSIRxnlB
CsVoq3mf0A4D29WVAkzQME3bqjMi75iDml5+oEs8bkxLOUm0KLBHAgEC
-----END DH PARAMETERS-----
"""
"""Diffie-Hellman parameters of 1024 bits, as a relay once offered. Made for tests: searching
for a safe prime takes seconds."""


def write_weak_dh(folder: Path) -> Path:
    """The weak parameters as a file."""
    path = folder / "dh1024.pem"
    path.write_text(WEAK_DH)
    return path


def run_openssl(*arguments: str, stdin: bytes = b"") -> bytes:
    """The output of an ``openssl`` command."""
    assert OPENSSL is not None
    done = subprocess.run([OPENSSL, *arguments], input=stdin, capture_output=True, check=True)
    return done.stdout
