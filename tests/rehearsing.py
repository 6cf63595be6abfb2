"""A rehearsal relay for a test, on free ports, stopped at the end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

from tocsin.base.secret import Secret
from tocsin.mail.envelope import Envelope
from tocsin.mail.relay import Deadlines, Encryption, RelaySettings
from tocsin.rehearsal.endpoint import Endpoint
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.relay import serve
from tocsin.rehearsal.settings import RehearsalSettings
from tocsin.trust.anchor import Anchor
from tocsin.trust.certificate import read_certificates
from tocsin.trust.policy import DEFAULT_POLICY, CipherPolicy

SENDER = "alarm@example.com"
RECIPIENT = "op@example.net"
FREE = RehearsalSettings(port=0, smtps_port=0)


@contextlib.asynccontextmanager
async def rehearsing(
    out: Path, settings: RehearsalSettings = FREE, faults: Sequence[Fault] = ()
) -> AsyncIterator[Endpoint]:
    """A relay that runs as long as the block."""
    started: asyncio.Future[Endpoint] = asyncio.get_running_loop().create_future()
    settings = replace(settings, port=0, smtps_port=0)
    serving = asyncio.create_task(
        serve(settings, out, ready=started.set_result, faults=tuple(faults))
    )
    await asyncio.wait((serving, started), return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        serving.result()
    try:
        yield started.result()
    finally:
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving


def password_of(endpoint: Endpoint) -> str:
    """The SMTP password that the relay takes."""
    return Path(endpoint.password_file).read_text().strip()


def content_of(path: str | Path) -> str:
    """What a file of the relay's folder says."""
    return Path(path).read_text()


def root_of(endpoint: Endpoint) -> Anchor:
    """The relay's root, as a trust store would hold it."""
    (root,) = read_certificates(Path(endpoint.root_file).read_bytes())
    return Anchor("Rehearsal", root)


def client_settings(
    endpoint: Endpoint,
    *,
    encryption: Encryption = Encryption.STARTTLS,
    seconds: float = 20,
    policy: CipherPolicy = DEFAULT_POLICY,
) -> RelaySettings:
    """Our own client's settings for it."""
    smtps = encryption is Encryption.SMTPS
    return RelaySettings(
        name="rehearsal",
        host=endpoint.host,
        port=endpoint.smtps_port if smtps else endpoint.port,
        encryption=encryption,
        user=endpoint.user,
        password=Secret(password_of(endpoint)),
        anchors=(root_of(endpoint),),
        policy=policy,
        helo="client.example.com",
        deadlines=Deadlines().capped(seconds),
    )


def envelope(number: int = 1, *, recipient: str = RECIPIENT, size: int = 0) -> Envelope:
    """A small mail; `size` adds so many octets of text."""
    text = "".join("x" * 70 + "\r\n" for _ in range(size // 72))
    content = (
        f"From: Tocsin <{SENDER}>\r\nTo: {recipient}\r\nSubject: Alarm {number}\r\n"
        f"Message-ID: <alarm-{number}@example.com>\r\nDate: Tue, 24 Nov 2026 12:00:00 +0000\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        f"Look at host 192.0.2.{number % 250}.\r\n.dot\r\n{text}"
    ).encode()
    return Envelope(str(number), SENDER, (recipient,), content)
