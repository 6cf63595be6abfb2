"""TLS on the client's side without input and output: bytes in, bytes out.

Whoever owns the socket feeds `receive` with what arrived and puts `outgoing` on the
wire, also after a failure: then it holds the alert that tells the server why.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from typing import Any

from tocsin.faults.fault import Finding
from tocsin.trust.anchor import Anchor
from tocsin.trust.facts import TlsFacts
from tocsin.trust.hostname import plain_host
from tocsin.trust.wire import LARGEST_FLIGHT, ServerFlight, WireError, read_flight

_READ = 65536


class TlsFailure(Exception):
    """TLS did not come about, or broke. `finding` says why, `chain` what was presented."""

    def __init__(self, finding: Finding, chain: tuple[bytes, ...]) -> None:
        super().__init__(f"{finding.code}: {finding.facts.get('reason', '')}".rstrip(": "))
        self.finding = finding
        self.chain = chain


class TlsClient:
    """One client session over a `ssl.MemoryBIO` pair.

    `anchors` only serve to explain a refusal; the context decides. `session` is one of
    an earlier connection under the same context, to resume; nothing of the certificate, not
    even the name, is checked again then, so its owner answers for it.

    Raises:
        ValueError: the host name cannot stand in a TLS handshake (empty, or too long).
    """

    __slots__ = (
        "_anchors",
        "_context",
        "_deferred",
        "_facts",
        "_host",
        "_incoming",
        "_object",
        "_outgoing",
        "_seen",
        "closed",
        "established",
    )

    def __init__(
        self,
        context: ssl.SSLContext,
        server_hostname: str,
        anchors: Sequence[Anchor] = (),
        *,
        session: ssl.SSLSession | None = None,
    ) -> None:
        self._host = plain_host(server_hostname)
        self._context = context
        self._anchors = tuple(anchors)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context.wrap_bio(
            self._incoming, self._outgoing, server_hostname=self._host, session=session
        )
        self._seen = bytearray()
        self._facts: TlsFacts | None = None
        self._deferred: TlsFailure | None = None
        self.established = False
        """The handshake is done: `send` may be called."""
        self.closed = False
        """The peer said that it sends no more (close_notify)."""

    def start(self) -> None:
        """Make the ClientHello; `outgoing` then holds it.

        Raises:
            TlsFailure: the context has nothing to offer.
        """
        self._advance()

    def receive(self, data: bytes) -> bytes:
        """Take ciphertext from the wire; what it held for the application, maybe nothing.

        Raises:
            TlsFailure: the handshake was refused by either side, or the session broke.
                Data that came before the break are returned first; the next call raises.
        """
        self._incoming.write(data)
        if not self.established:
            if len(self._seen) < LARGEST_FLIGHT:
                self._seen += data
            self._advance()
            if not self.established:
                return b""
        elif self._deferred is not None:
            raise self._deferred
        return self._read()

    def receive_eof(self) -> None:
        """The connection has ended.

        Raises:
            TlsFailure: it ended before the handshake did, or a failure was still to tell.
        """
        if self._deferred is not None:
            raise self._deferred
        if not self.established:
            self._incoming.write_eof()
            self._advance()

    def send(self, data: bytes) -> None:
        """Encrypt data; `outgoing` then holds it.

        Raises:
            TlsFailure: the session is broken.
            RuntimeError: the handshake is not done.
        """
        if not self.established:
            raise RuntimeError("nothing may be sent before the handshake is done")
        if not data:
            return
        try:
            written = self._object.write(data)
            while written < len(data):
                written += self._object.write(data[written:])
        except ssl.SSLError as error:
            raise self._failure(error) from error

    def outgoing(self) -> bytes:
        """The ciphertext to put on the wire now; an alert after a failure."""
        return self._outgoing.read()

    def close(self) -> None:
        """Say that no more is sent (close_notify); `outgoing` then holds it."""
        try:
            self._object.unwrap()
        except (ssl.SSLError, ValueError):
            return  # the peer's own close_notify is not waited for, nor a broken session mended

    def facts(self) -> TlsFacts:
        """What the handshake showed; after a failure as much as came to light."""
        if self._facts is None:
            facts = self._gather()
            if not self.established:
                return facts
            self._facts = facts
            self._seen = bytearray()
        return self._facts

    @property
    def session(self) -> ssl.SSLSession | None:
        """What a later connection can resume; in TLS 1.3 only after data were received."""
        return self._object.session

    @property
    def chain(self) -> tuple[bytes, ...]:
        """The presented chain (DER, leaf first), also after a failure."""
        return self.facts().chain

    def _advance(self) -> None:
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            return
        except ssl.SSLError as error:
            raise self._failure(error) from error
        self.established = True

    def _read(self) -> bytes:
        read, pending, incoming = self._object.read, self._object.pending, self._incoming
        chunks = []
        try:
            while chunk := read(_READ):
                chunks.append(chunk)
                # One record is read at a time; asking here spares an exception for each reply.
                if not incoming.pending and not pending():
                    break
            else:
                self.closed = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            failure = self._failure(error)
            if not chunks:
                raise failure from error
            self._deferred = failure
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _flight(self) -> ServerFlight:
        try:
            return read_flight(bytes(self._seen))
        except WireError:
            return ServerFlight()

    def _gather(self) -> TlsFacts:
        flight = self._flight()
        key = flight.temporary_key
        # After a fatal alert OpenSSL forgets what was agreed; the wire has not.
        version = self._object.version() if self.established else None
        cipher = self._object.cipher()
        chain = presented_chain(self._object) or flight.certificates
        return TlsFacts(
            version=version or flight.version_name,
            cipher=cipher[0] if cipher else self._suite_name(flight.suite),
            chain=chain,
            temp_key_kind=key.kind if key else None,
            temp_key_bits=key.bits if key else None,
            resumed=bool(self._object.session_reused),
            temp_key_group=key.group or None if key else None,
            verified=verified_chain(self._object) if self._was_checked() else (),
        )

    def _was_checked(self) -> bool:
        return self.established and self._context.verify_mode == ssl.CERT_REQUIRED

    def _suite_name(self, suite: int | None) -> str | None:
        from tocsin.trust.context import suite_names  # noqa: PLC0415 -- after a failure only

        if suite is None:
            return None
        return suite_names(self._context).get(suite, f"0x{suite:04x}")

    def _failure(self, error: ssl.SSLError) -> TlsFailure:
        from tocsin.trust.refusal import explain_refusal  # noqa: PLC0415 -- after a failure only

        facts = self.facts()
        finding = explain_refusal(
            error,
            seen=bytes(self._seen),
            facts=facts,
            context=self._context,
            anchors=self._anchors,
            host=self._host,
            established=self.established,
        )
        return TlsFailure(finding, facts.chain)


def presented_chain(connection: ssl.SSLObject) -> tuple[bytes, ...]:
    """The certificates that the peer sent, as OpenSSL keeps them also after refusing.

    Python 3.13 gives them in public; 3.10 to 3.12 have the same method on the inner object.
    """
    return _chain(connection, "get_unverified_chain")


def verified_chain(connection: ssl.SSLObject) -> tuple[bytes, ...]:
    """The way that OpenSSL took up to the anchor. Only after a success does it mean anything."""
    return _chain(connection, "get_verified_chain")


def _chain(connection: ssl.SSLObject, method: str) -> tuple[bytes, ...]:
    public: Any = getattr(connection, method, None)
    if public is not None:
        return tuple(public() or ())
    inner: Any = getattr(getattr(connection, "_sslobj", None), method, None)
    if inner is None:
        return ()
    return tuple(_der(one) for one in inner() or ())


def _der(certificate: Any) -> bytes:
    import _ssl  # noqa: PLC0415 -- its constant is not there in every version

    encoded: bytes = certificate.public_bytes(_ssl.ENCODING_DER)
    return encoded
