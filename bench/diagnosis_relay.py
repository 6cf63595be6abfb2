"""Rehearsal relays for the benchmark of diagnosis: many in one process, one set of keys."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

from tocsin.rehearsal.endpoint import Endpoint
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.fault.registry import make_faults
from tocsin.rehearsal.relay import Relay
from tocsin.rehearsal.settings import RehearsalSettings

SENDER = "alarm@example.com"
RECIPIENT = "op@example.net"
HONEST = RehearsalSettings(port=0, smtps_port=0, region="eu-west-1", idle_seconds=60)
"""It outwaits a doctor that is held up by a busy machine."""


class Rehearsals:
    """Relays in folders of their own under one folder; they share authority and keys.

    `make_keys` comes first: keys take longer to make than a walk does.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.made = folder / "made"
        """Authority, keys and password, as an honest relay made them."""
        self._count = 0

    async def make_keys(self) -> None:
        """An honest relay starts and stops; what it made is copied for each one after it."""
        relay = Relay(HONEST, self.made)
        await relay.start()
        await relay.stop()

    @contextlib.asynccontextmanager
    async def running(
        self, faults: Sequence[str | Fault] = (), settings: RehearsalSettings = HONEST
    ) -> AsyncIterator[Endpoint]:
        """A relay with these faults, on free ports, for as long as the block takes."""
        self._count += 1
        out = self._folder / f"relay-{self._count}"
        shutil.copytree(self.made, out)
        settings = replace(settings, port=0, smtps_port=0, region=HONEST.region)
        played = [one if isinstance(one, Fault) else make_faults([one])[0] for one in faults]
        relay = Relay(settings, out, played)
        endpoint = await relay.start()
        try:
            yield endpoint
        finally:
            await relay.stop()
            shutil.rmtree(out)


def message(octets: int = 600) -> bytes:
    """A whole message of about so many octets."""
    head = (
        f"From: {SENDER}\r\nTo: {RECIPIENT}\r\nSubject: Rehearsed alarm\r\n"
        "Message-ID: <bench@example.com>\r\nDate: Tue, 24 Nov 2026 12:00:00 +0000\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    )
    return (head + ("x" * 70 + "\r\n") * (octets // 72)).encode()
