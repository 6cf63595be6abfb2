"""The byte stream to a relay over asyncio: plain at first, through TLS once told so."""

from __future__ import annotations

import asyncio
from typing import Protocol, cast

from tocsin.trust.session import TlsClient, TlsFailure

_READ = 65_536


class Listener(Protocol):
    """Who is told what happens on the wire."""

    def on_data(self, data: bytes) -> None:
        """Bytes of the relay, decrypted if need be."""

    def on_secured(self) -> None:
        """The handshake is done and the relay verified."""

    def on_tls_failure(self, failure: TlsFailure) -> None:
        """TLS failed; our alert is on its way."""

    def on_room(self) -> None:
        """Everything written has left; more may follow."""

    def on_lost(self, how: str) -> None:
        """The connection ended: ``closed`` or ``reset``."""


class Wire(asyncio.BufferedProtocol):
    """A transport with its own TLS, so that no byte from before the handshake gets past it.

    `write` hands bytes to the operating system at once. While `congested`, some still
    wait here; a caller that writes only without congestion knows what has left.
    """

    def __init__(self, listener: Listener) -> None:
        self._listener: Listener | None = listener
        self._transport: asyncio.Transport | None = None
        self._tls: TlsClient | None = None
        self._handshaking = False
        self._early: bytes | None = b""  # the relay may speak before anybody listens
        # One buffer for all reads: asyncio would make one of 256 KiB for every reply.
        self._buffer = memoryview(bytearray(_READ))
        self.congested = False

    @property
    def tls(self) -> TlsClient | None:
        """The TLS session, if there is one."""
        return self._tls

    @property
    def alive(self) -> bool:
        """Still connected, as far as is known."""
        return self._transport is not None and not self._transport.is_closing()

    def listen(self) -> None:
        """From now on the listener is told what comes, and what has come already."""
        early, self._early = self._early, None
        if early:
            self._receive(early)

    def start_tls(self, tls: TlsClient) -> None:
        """From now on every byte either way goes through this session."""
        self._tls = tls
        self._handshaking = True
        try:
            tls.start()
        except TlsFailure as failure:
            self._fail(failure)
        else:
            self._send_ciphertext()

    def write(self, data: bytes) -> None:
        """Send, encrypted once TLS has begun."""
        if self._tls is None:
            self._put(data)
            return
        try:
            self._tls.send(data)
        except TlsFailure as failure:
            self._fail(failure)
        else:
            self._send_ciphertext()

    def drop(self) -> None:
        """End the connection, without a word to the listener any more.

        What the system has taken still leaves, such as a last alert or QUIT; what it has
        not is thrown away.
        """
        self._listener = None
        if self._transport is None:
            return
        if self.congested:
            self._transport.abort()
            return
        if self._tls is not None and self._tls.established:
            self._tls.close()
            self._send_ciphertext()
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: connected."""
        self._transport = cast("asyncio.Transport", transport)
        # Congestion begins with the first byte that the system does not take.
        self._transport.set_write_buffer_limits(high=0)

    def get_buffer(self, _sizehint: int) -> memoryview:
        """asyncio: where to put what comes."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """asyncio: so many bytes came."""
        self._receive(bytes(self._buffer[:nbytes]))

    def eof_received(self) -> None:
        """asyncio: the relay sends no more; the connection is closed then."""

    def _receive(self, data: bytes) -> None:
        if self._early is not None:
            self._early += data
            return
        listener, tls = self._listener, self._tls
        if listener is None:
            return
        if tls is None:
            listener.on_data(data)
            return
        try:
            plain = tls.receive(data)
        except TlsFailure as failure:
            self._fail(failure)
            return
        if self._handshaking:
            self._send_ciphertext()
            if not tls.established:
                return
            self._handshaking = False
            listener.on_secured()
        if plain:
            listener.on_data(plain)
        if tls.closed and self._listener is not None:
            self._listener.on_lost("closed")

    def pause_writing(self) -> None:
        """asyncio: the system takes no more for now."""
        self.congested = True

    def resume_writing(self) -> None:
        """asyncio: everything has left."""
        self.congested = False
        if self._listener is not None:
            self._listener.on_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: it is over."""
        self._transport = None
        self.congested = False
        listener, tls = self._listener, self._tls
        if listener is None:
            return
        if tls is not None:
            try:
                tls.receive_eof()
            except TlsFailure as failure:
                listener.on_tls_failure(failure)
                return
        listener.on_lost("closed" if exc is None else "reset")

    def _fail(self, failure: TlsFailure) -> None:
        self._send_ciphertext()
        if self._listener is not None:
            self._listener.on_tls_failure(failure)

    def _send_ciphertext(self) -> None:
        assert self._tls is not None
        data = self._tls.outgoing()
        if data:
            self._put(data)

    def _put(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)
