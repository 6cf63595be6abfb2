"""A PostgreSQL server of the test run's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest


class Cluster:
    """Runs on a local socket in a temporary folder, as a user that is not root."""

    def __init__(self) -> None:
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        if not programs:
            pytest.exit("PostgreSQL is not installed, and TOCSIN_TEST_STORE asks for it", 1)
        self._bin = programs[-1]
        self._folder = Path(tempfile.mkdtemp(prefix="tocsin-pg-"))
        self._as: list[str] = []
        if os.geteuid() == 0:
            shutil.chown(self._folder, "postgres")
            self._as = ["runuser", "-u", "postgres", "--"]
        data = self._folder / "data"
        self._run("initdb", "-D", str(data), "-A", "trust", "-U", "tocsin", "-E", "UTF8", "-N")
        self._run(
            *("pg_ctl", "-D", str(data), "-w", "-l", str(self._folder / "log"), "start", "-o"),
            f"-k {self._folder} -c listen_addresses='' -c fsync=off -c max_connections=50",
        )
        self.url = f"postgresql://tocsin@/postgres?host={self._folder}"

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [*self._as, str(self._bin / program), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self._folder,
        )

    def stop(self) -> None:
        """End the server and remove what it kept."""
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-w", "-m", "fast", "stop")
        shutil.rmtree(self._folder, ignore_errors=True)
