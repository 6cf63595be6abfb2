"""Postfix as Debian ships it, with a queue of its own, relaying to the same sink.

Its queue is filled before it may send: smtp-source puts everything on hold, then all is
released at once. So Postfix need not take and send mail at the same time, as Tocsin need not.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from pathlib import Path
from typing import Self

from machine import free_port, wait_until
from sink import USER, Sink

_PROGRAMS = "/usr/sbin:/usr/bin"


def why_not() -> str | None:
    """Why there can be none here; None when there can."""
    missing = [
        name for name in ("postfix", "smtp-source") if shutil.which(name, path=_PROGRAMS) is None
    ]
    if missing:
        return f"{', '.join(missing)} not installed"
    return None if os.geteuid() == 0 else "only root can start it"


class Postfix:
    """A running Postfix that has nothing to do with one that the machine may have."""

    def __init__(self, folder: Path, sink: Sink, *, keep_connections: bool) -> None:
        self._folder = folder
        self._port = free_port()
        for name in ("etc", "queue", "data"):
            (folder / name).mkdir(parents=True)
        os.chown(folder / "data", pwd.getpwnam("postfix").pw_uid, -1)
        shutil.copy(sink.root_file, folder / "etc" / "root.pem")
        password = sink.password_file.read_text().strip()
        passwords = folder / "etc" / "passwords"
        passwords.write_text(f"[localhost]:{sink.port} {USER}:{password}\n")
        passwords.chmod(0o600)
        main = _MAIN.format(folder=folder, sink=sink.port) + (_KEPT if keep_connections else "")
        (folder / "etc" / "main.cf").write_text(main)
        (folder / "etc" / "master.cf").write_text(_MASTER.format(port=self._port))

    def __enter__(self) -> Self:
        self._run("postfix", "start")
        return self

    def __exit__(self, *_: object) -> None:
        self._run("postfix", "abort")

    def fill(self, message: Path, count: int) -> None:
        """Put that message into the queue so many times, on hold."""
        subprocess.run(
            [
                *("smtp-source", "-s", "4", "-m", str(count), "-F", str(message)),
                *("-f", "tocsin@example.com", "-t", "soc@example.com"),
                f"inet:127.0.0.1:{self._port}",
            ],
            check=True,
            timeout=300,
            env={"PATH": _PROGRAMS},
        )
        wait_until(lambda: self._held() >= count, "the queue of Postfix", 60)

    def release(self) -> None:
        """Let everything go."""
        self._run("postsuper", "-H", "ALL")
        self._run("postqueue", "-f")

    def _held(self) -> int:
        return sum(len(names) for _, _, names in os.walk(self._folder / "queue" / "hold"))

    def _run(self, program: str, *arguments: str) -> None:
        words = [program, "-c", str(self._folder / "etc"), *arguments]
        done = subprocess.run(
            words, capture_output=True, timeout=120, check=False, env={"PATH": _PROGRAMS}
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(words)}: {done.stderr.decode()}")


# What a relay over TLS with AUTH needs and nothing else: every limit is Postfix's own.
_MAIN = """compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
mail_owner = postfix
setgid_group = postdrop
myhostname = postfix.example.com
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
smtpd_client_restrictions = static:hold
relayhost = [localhost]:{sink}
smtp_host_lookup = native
smtp_dns_support_level = disabled
smtp_tls_security_level = verify
smtp_tls_CAfile = {folder}/etc/root.pem
smtp_tls_session_cache_database = btree:${{data_directory}}/smtp_scache
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = texthash:{folder}/etc/passwords
smtp_sasl_security_options = noanonymous
"""

_KEPT = """smtp_tls_connection_reuse = yes
smtp_connection_cache_destinations = static:all
"""

_MASTER = """127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
tlsproxy unix - - n - 0 tlsproxy
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
