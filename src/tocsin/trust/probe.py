"""One connection to one address, to see what TLS it comes to. A probe is one job.

Nothing is sent over it but the words that lead to TLS and QUIT.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from tocsin.faults.fault import Finding
from tocsin.trust.anchor import Anchor
from tocsin.trust.facts import TlsFacts
from tocsin.trust.failure import ProbeFailure
from tocsin.trust.prelude import Prelude
from tocsin.trust.session import TlsClient, TlsFailure

_READ = 65536
_GOODBYE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Target:
    """Where to, and how long each stage may take: `stage` seconds, none later than `until`.

    `until` is the time of the running event loop at which everything ends.
    """

    host: str
    address: str
    port: int
    mode: str
    stage: float
    until: float

    @property
    def facts(self) -> dict[str, str]:
        """What every finding about it says."""
        return {"host": self.host, "port": str(self.port), "address": self.address}

    def deadline(self) -> float:
        """When the stage that begins now must be over."""
        return min(asyncio.get_running_loop().time() + self.stage, self.until)


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of it: `facts` as far as TLS got, `finding` when something was wrong.

    `established`: the handshake was completed under the context given.
    """

    established: bool
    facts: TlsFacts | None
    finding: Finding | None


async def probe(
    target: Target,
    context: ssl.SSLContext,
    anchors: Sequence[Anchor] = (),
    *,
    goodbye: bool = False,
) -> Probe:
    """Connect, shake hands, and look. With `goodbye` also wait for the answer to QUIT.

    A relay that wants a client certificate says so in TLS 1.3 only after the handshake,
    so that without the wait it would pass for success.
    """
    client = TlsClient(context, target.host, anchors)
    try:
        async with connected(target) as (reader, writer):
            await lead_to_tls(target, reader, writer)
            await shake_hands(target, client, reader, writer)
            if goodbye:
                await say_goodbye(client, reader, writer)
    except TlsFailure as failure:
        facts = {**failure.finding.facts, **target.facts}
        return Probe(client.established, client.facts(), Finding(failure.finding.code, facts))
    except ProbeFailure as failure:
        return Probe(client.established, client.facts(), failure.finding)
    return Probe(client.established, client.facts(), None)


@contextlib.asynccontextmanager
async def connected(
    target: Target,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to the target, closed afterwards.

    Raises:
        ProbeFailure: there is none.
    """
    try:
        async with asyncio.timeout_at(target.deadline()):
            reader, writer = await asyncio.open_connection(target.address, target.port)
    except TimeoutError as error:
        raise _failed(target, "tcp.timeout", seconds=f"{target.stage:g}") from error
    except ConnectionRefusedError as error:
        raise _failed(target, "tcp.refused") from error
    except ConnectionResetError as error:
        # Taken and reset before we looked: the same as a reset a moment later.
        reason = error.strerror or str(error)
        if target.mode == "starttls":
            raise _failed(target, "smtp.closed-early", stage="greeting", reason=reason) from error
        raise _failed(target, "tls.handshake-dropped", reason=reason) from error
    except OSError as error:
        raise _failed(target, "tcp.unreachable", reason=error.strerror or str(error)) from error
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(1):
                await writer.wait_closed()


async def lead_to_tls(
    target: Target, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Say what comes before the handshake, on a port that begins in the clear.

    Raises:
        ProbeFailure: it did not come so far.
    """
    if target.mode != "starttls":
        return
    prelude = Prelude(reader, writer, target.facts)
    try:
        async with asyncio.timeout_at(target.deadline()):
            await prelude.greet()
        async with asyncio.timeout_at(target.deadline()):
            await prelude.request_tls()
    except TimeoutError as error:
        code = "smtp.banner-timeout" if prelude.stage == "greeting" else "smtp.timeout"
        raise _failed(target, code, stage=prelude.stage, seconds=f"{target.stage:g}") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise _failed(target, "smtp.closed-early", stage=prelude.stage, reason=reason) from error


async def shake_hands(
    target: Target,
    client: TlsClient,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    """Do the handshake of `client`.

    Raises:
        ProbeFailure, TlsFailure: it was not completed.
    """
    try:
        async with asyncio.timeout_at(target.deadline()):
            client.start()
            while not client.established:
                writer.write(client.outgoing())
                await writer.drain()
                if data := await reader.read(_READ):
                    client.receive(data)
                else:
                    client.receive_eof()
            writer.write(client.outgoing())
    except TlsFailure:
        # The alert is owed to the server also now: it tells its log what we refused.
        writer.write(client.outgoing())
        raise
    except TimeoutError as error:
        reason = f"silence for {target.stage:g} seconds in the middle of the handshake"
        seconds = f"{target.stage:g}"
        raise _failed(target, "tls.handshake-dropped", reason=reason, seconds=seconds) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise _failed(target, "tls.handshake-dropped", reason=reason) from error


async def say_goodbye(
    client: TlsClient, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Take leave, and wait for what the server says to that; it may be a late refusal."""
    client.send(b"QUIT\r\n")
    writer.write(client.outgoing())
    _acknowledge_at_once(writer)
    with contextlib.suppress(TimeoutError, OSError):
        async with asyncio.timeout(_GOODBYE_SECONDS):
            await writer.drain()
            while data := await reader.read(_READ):
                # The greeting of a TLS port may come first; any words at all will do.
                if client.receive(data):
                    break
    client.close()
    with contextlib.suppress(OSError):
        writer.write(client.outgoing())


def _acknowledge_at_once(writer: asyncio.StreamWriter) -> None:
    """Do not let a server wait that keeps its reply back until its last words are acknowledged.

    In TLS 1.3 session tickets go before the reply; together with our delayed acknowledgement
    (RFC 9293 section 3.8.6.3) Nagle's algorithm on the other side costs 40 ms.
    """
    if hasattr(socket, "TCP_QUICKACK"):  # Linux
        connection = writer.get_extra_info("socket")
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def _failed(target: Target, code: str, **facts: str) -> ProbeFailure:
    return ProbeFailure(Finding(code, {**target.facts, **facts}))
