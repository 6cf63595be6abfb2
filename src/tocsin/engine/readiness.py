"""Telling whoever started a process that it is ready (the protocol of sd_notify(3)).

systemd understands it for a role that it runs itself, and so does `tocsin up`.
"""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path


def announce(role: str, *, words: str = "") -> None:
    """Say that this role can do its work; says nothing when nobody asked to know."""
    where = os.environ.get("NOTIFY_SOCKET")
    if not where:
        return
    message = f"READY=1\nSTATUS={role}{': ' + words if words else ''}\n"
    with (
        contextlib.suppress(OSError),
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender,
    ):
        sender.sendto(message.encode(), where.replace("@", "\0", 1) if where[0] == "@" else where)


class Announcements:
    """Where the roles of a supervisor announce themselves."""

    def __init__(self, path: Path) -> None:
        # Far down in a tree a path may be longer than a socket's may (unix(7)).
        self.address = str(path) if len(str(path)) < 100 else f"@tocsin-up-{os.getpid()}"  # noqa: PLR2004
        if not self.address.startswith("@"):
            path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.address.replace("@", "\0", 1))
        self._socket.setblocking(False)

    def fileno(self) -> int:
        """For `select`."""
        return self._socket.fileno()

    def read(self) -> list[str]:
        """The roles that announced themselves since the last call."""
        found: list[str] = []
        with contextlib.suppress(BlockingIOError):
            while True:
                fields = self._socket.recv(4096).decode(errors="replace").splitlines()
                if "READY=1" in fields:
                    found += [one[7:].split(":")[0] for one in fields if one.startswith("STATUS=")]
        return found

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()
        if not self.address.startswith("@"):
            Path(self.address).unlink(missing_ok=True)
