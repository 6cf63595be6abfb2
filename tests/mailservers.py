"""Mail servers of other houses, each with a configuration of its own, on ports of 127.0.0.1.

Debian's mail servers exclude each other. Exim and OpenSMTPD are therefore unpacked, not
installed, and each runs in a root folder of its own: accounts and paths that it was built
with exist nowhere else. Only root may do that.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

from tlsserver import free_port, openssl_server, wait_for_port
from tocsin.trust.context import server_context

_HERE = "127.0.0.1"
SUBMISSION = Path("/usr/lib/dovecot/submission-login")
"""The program of Dovecot that is a package of its own."""

_PATIENCE = 30
"""Seconds that a server is given to start and to stop; a safety net."""


@dataclass(frozen=True)
class Ports:
    """Where a server listens: `starttls` begins in the clear, `wrapper` with the handshake."""

    starttls: int | None = None
    wrapper: int | None = None

    def modes(self) -> list[tuple[int, str]]:
        """Each port with the word for how TLS begins there."""
        both = [(self.starttls, "starttls"), (self.wrapper, "smtps")]
        return [(port, mode) for port, mode in both if port is not None]


@contextlib.contextmanager
def s_server(certificates: Path, key: Path) -> Iterator[Ports]:
    """OpenSSL's own, which knows TLS at once alone."""
    with openssl_server(certificates, key) as port:
        yield Ports(wrapper=port)


@contextlib.contextmanager
def aiosmtpd(certificates: Path, key: Path) -> Iterator[Ports]:
    """The SMTP server of the Python world, on Python's own TLS."""
    context = server_context(certificates, key)
    plain = Controller(
        Sink(), hostname=_HERE, port=free_port(), tls_context=context, require_starttls=True
    )
    wrapped = Controller(Sink(), hostname=_HERE, port=free_port(), ssl_context=context)
    with contextlib.ExitStack() as running:
        for one in (plain, wrapped):
            one.start()
            running.callback(one.stop)
        yield Ports(plain.port, wrapped.port)


@contextlib.contextmanager
def exim(packages: Sequence[Path], folder: Path, certificates: Path, key: Path) -> Iterator[Ports]:
    """Exim, whose TLS in Debian is GnuTLS."""
    ports = Ports(free_port(), free_port())
    root = _unpack(packages, folder / "exim", "usr/sbin/exim4")
    _write_accounts(root, "Debian-exim")
    _take_along(root, certificates, key)
    for name in ("spool", "log"):
        (root / name).mkdir()
        os.chown(root / name, _FIRST_ID, _FIRST_ID)
    (root / "exim.conf").write_text(
        f"""primary_hostname = relay.example.com
exim_user = Debian-exim
exim_group = Debian-exim
spool_directory = /spool
log_file_path = /log/%s
keep_environment =
daemon_smtp_ports = {ports.starttls} : {ports.wrapper}
tls_on_connect_ports = {ports.wrapper}
local_interfaces = 127.0.0.1
host_lookup =
rfc1413_query_timeout = 0s
tls_advertise_hosts = *
tls_certificate = /chain.pem
tls_privatekey = /key.pem
"""
    )
    with _running(["/usr/sbin/exim4", "-C", "/exim.conf", "-bdf"], ports, root):
        yield ports


@contextlib.contextmanager
def opensmtpd(
    packages: Sequence[Path], folder: Path, certificates: Path, key: Path
) -> Iterator[Ports]:
    """OpenSMTPD, which is several processes under several accounts."""
    ports = Ports(free_port(), free_port())
    root = _unpack(packages, folder / "opensmtpd", "usr/sbin/smtpd", "usr/sbin/smtpctl")
    _write_accounts(root, "opensmtpd", "opensmtpq")
    _take_along(root, certificates, key)
    for name in ("var/lib/opensmtpd/empty", "var/spool/smtpd", "var/run"):
        (root / name).mkdir(parents=True, exist_ok=True)
        (root / name).chmod(0o711)
    (root / "etc" / "smtpd.conf").write_text(
        f"""pki "relay.example.com" cert "/chain.pem"
pki "relay.example.com" key "/key.pem"
listen on 127.0.0.1 port {ports.starttls} tls pki "relay.example.com"
listen on 127.0.0.1 port {ports.wrapper} smtps pki "relay.example.com"
match from any for local reject
"""
    )
    with _running(["/usr/sbin/smtpd", "-d", "-f", "/etc/smtpd.conf"], ports, root):
        yield ports


@contextlib.contextmanager
def dovecot(folder: Path, certificates: Path, key: Path) -> Iterator[Ports]:
    """The submission service of Dovecot."""
    ports = Ports(free_port(), free_port())
    folder = folder / "dovecot"
    folder.mkdir()
    (folder / "dovecot.conf").write_text(
        f"""base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
hostname = relay.example.com
protocols = submission
submission_relay_host = 127.0.0.1
ssl = yes
ssl_cert = <{certificates}
ssl_key = <{key}
auth_mechanisms = plain
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home=/nonexistent
}}
service submission-login {{
  chroot =
  inet_listener submission {{
    address = 127.0.0.1
    port = {ports.starttls}
  }}
  inet_listener submissions {{
    address = 127.0.0.1
    port = {ports.wrapper}
    ssl = yes
  }}
}}
"""
    )
    with _running(["/usr/sbin/dovecot", "-F", "-c", str(folder / "dovecot.conf")], ports):
        yield ports


@contextlib.contextmanager
def java(source: Path, folder: Path, certificates: Path, key: Path) -> Iterator[Ports]:
    """A server on the TLS of Java (JSSE)."""
    ports = Ports(free_port(), free_port())
    store = folder / "java.p12"
    subprocess.run(
        [
            *("openssl", "pkcs12", "-export", "-passout", "pass:changeit", "-out", str(store)),
            *("-in", str(certificates), "-inkey", str(key)),
        ],
        check=True,
        capture_output=True,
    )
    listening = [str(ports.starttls), str(ports.wrapper)]
    with _running(["java", str(source), str(store), *listening], ports):
        yield ports


_FIRST_ID = 64000
"""The number of a made account, in a range that Debian assigns to nobody."""


def _unpack(packages: Sequence[Path], root: Path, *programs: str) -> Path:
    """The packages, and beside them each library of the `programs` that they lack."""
    root.mkdir(mode=0o755)
    for package in packages:
        subprocess.run(["dpkg-deb", "-x", str(package), str(root)], check=True)
    for name in ("dev", "etc"):
        (root / name).mkdir(exist_ok=True)
    for device, minor in (("null", 3), ("random", 8), ("urandom", 9)):
        os.mknod(root / "dev" / device, 0o020666, os.makedev(1, minor))
        (root / "dev" / device).chmod(0o666)
    for library in {one for name in programs for one in _libraries(root / name, root)}:
        place = root / library.relative_to("/")
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, place)
    return root


def _libraries(program: Path, root: Path) -> Iterator[Path]:
    own = [str(one) for one in root.glob("usr/lib/*-linux-gnu")]
    done = subprocess.run(
        ["ldd", str(program)],
        env={**os.environ, "LD_LIBRARY_PATH": ":".join(own)},
        capture_output=True,
        text=True,
        check=True,
    )
    for word in done.stdout.split():
        if word.startswith("/") and not word.startswith(str(root)):
            yield Path(word)


def _write_accounts(root: Path, *names: str) -> None:
    nobody = pwd.getpwnam("nobody")
    accounts = [("root", 0, 0), ("nobody", nobody.pw_uid, nobody.pw_gid)]
    accounts += [(name, _FIRST_ID + at, _FIRST_ID + at) for at, name in enumerate(names)]
    (root / "etc" / "passwd").write_text(
        "".join(f"{name}:x:{user}:{group}::/:/bin/false\n" for name, user, group in accounts)
    )
    (root / "etc" / "group").write_text(
        "".join(f"{name}:x:{group}:\n" for name, _, group in accounts)
    )
    (root / "etc" / "hosts").write_text("127.0.0.1 localhost relay.example.com\n")


def _take_along(root: Path, certificates: Path, key: Path) -> None:
    shutil.copy(certificates, root / "chain.pem")
    shutil.copy(key, root / "key.pem")
    os.chown(root / "key.pem", 0, _FIRST_ID)  # Exim reads it as itself, OpenSMTPD as root
    (root / "key.pem").chmod(0o640)


@contextlib.contextmanager
def _running(command: Sequence[str], ports: Ports, root: Path | None = None) -> Iterator[None]:
    """A server while it listens, in a session of its own that is ended with it."""
    words = ["chroot", str(root), *command] if root else list(command)
    with subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            for port, _ in ports.modes():
                wait_for_port(port, _PATIENCE)
            yield
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_PATIENCE)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
