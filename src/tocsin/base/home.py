"""Where one manager keeps its files."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one manager and the names inside it (CONTRACT: Files)."""

    folder: Path

    @classmethod
    def of_environment(cls) -> Home:
        """``$TOCSIN_HOME``, else ``~/.local/share/tocsin``."""
        named = os.environ.get("TOCSIN_HOME")
        return cls(Path(named) if named else Path.home() / ".local" / "share" / "tocsin")

    def make(self) -> None:
        """Create the folder and its inner folders, for the owner alone."""
        for folder in (self.folder, self.logs, self.run, self.quarantine):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @property
    def database(self) -> Path:
        """The embedded database."""
        return self.folder / "tocsin.db"

    @property
    def key_file(self) -> Path:
        """The key that all stored secrets are encrypted under; 0600."""
        named = os.environ.get("TOCSIN_KEY_FILE")
        return Path(named) if named else self.folder / "secret.key"

    @property
    def logs(self) -> Path:
        """Log files, one line an event, JSON."""
        return self.folder / "logs"

    @property
    def run(self) -> Path:
        """Sockets, locks and other files that mean something only while roles run."""
        return self.folder / "run"

    @property
    def quarantine(self) -> Path:
        """Lines that a source could not read, kept with their position."""
        return self.folder / "quarantine"

    @property
    def certificate(self) -> Path:
        """The certificate that the pages are served with."""
        return self.folder / "web.crt"

    @property
    def certificate_key(self) -> Path:
        """Its private key; 0600."""
        return self.folder / "web.key"

    @property
    def rehearsal_facts(self) -> Path:
        """Written by a rehearsal relay that belongs to this run; see `tocsin.rehearsal`."""
        return self.run / "rehearsal.json"


def node_name() -> str:
    """What sources, roles and leases of this machine are filed under."""
    return os.environ.get("TOCSIN_NODE") or socket.gethostname()
