"""Reading what a TLS server sends in the clear, beside OpenSSL.

OpenSSL does not tell an application what it refused: the size of a Diffie-Hellman
key, or whether a client certificate was asked for. Up to TLS 1.2 all of it stands
readable on the wire; in TLS 1.3 the ServerHello does, with the group of the key exchange.

Formats: RFC 5246 (TLS 1.2) section 6.2.1 records, 7.2 alerts, 7.4 handshake;
RFC 8446 (TLS 1.3) sections 4.1.3, 4.2.8, 5.1; RFC 8422 section 5.4 (elliptic curves).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

LARGEST_FLIGHT = 256 * 1024
"""Octets of a handshake that are looked at; OpenSSL itself takes 100 KB of certificates."""

_CHANGE_CIPHER_SPEC, _ALERT, _HANDSHAKE, _APPLICATION_DATA = 20, 21, 22, 23
_RECORD_TYPES = range(_CHANGE_CIPHER_SPEC, _APPLICATION_DATA + 1)
_LARGEST_RECORD = 16384 + 2048
_CLIENT_HELLO, _SERVER_HELLO, _CERTIFICATE = 1, 2, 11
_SERVER_KEY_EXCHANGE, _CERTIFICATE_REQUEST = 12, 13
_CERTIFICATE_STATUS = 22
_SUPPORTED_VERSIONS, _KEY_SHARE = 43, 51
_NAMED_CURVE = 3
_TLS13 = 0x0304
_MOST_CERTIFICATES = 100
_RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")

VERSION_NAMES = {
    0x0300: "SSLv3",
    0x0301: "TLSv1",
    0x0302: "TLSv1.1",
    0x0303: "TLSv1.2",
    0x0304: "TLSv1.3",
}
"""Protocol versions in OpenSSL's words."""


@dataclass(frozen=True, slots=True)
class TemporaryKey:
    """The server's key of the key exchange, in OpenSSL's words ("Server Temp Key").

    `kind` is ``DH``, ``ECDH``, ``X25519``, ``X448`` or the name of a hybrid; `group` the
    curve or group (empty for a server's own DH parameters); `bits` its size.
    """

    kind: str
    group: str
    bits: int


_GROUPS = {
    0x0015: (TemporaryKey("ECDH", "P-224", 224), 57),
    0x0016: (TemporaryKey("ECDH", "secp256k1", 256), 65),
    0x0017: (TemporaryKey("ECDH", "P-256", 256), 65),
    0x0018: (TemporaryKey("ECDH", "P-384", 384), 97),
    0x0019: (TemporaryKey("ECDH", "P-521", 521), 133),
    0x001A: (TemporaryKey("ECDH", "brainpoolP256r1", 256), 65),
    0x001B: (TemporaryKey("ECDH", "brainpoolP384r1", 384), 97),
    0x001C: (TemporaryKey("ECDH", "brainpoolP512r1", 512), 129),
    0x001D: (TemporaryKey("X25519", "X25519", 253), 32),
    0x001E: (TemporaryKey("X448", "X448", 448), 56),
    0x0100: (TemporaryKey("DH", "ffdhe2048", 2048), 256),
    0x0101: (TemporaryKey("DH", "ffdhe3072", 3072), 384),
    0x0102: (TemporaryKey("DH", "ffdhe4096", 4096), 512),
    0x0103: (TemporaryKey("DH", "ffdhe6144", 6144), 768),
    0x0104: (TemporaryKey("DH", "ffdhe8192", 8192), 1024),
    0x11EB: (TemporaryKey("SecP256r1MLKEM768", "SecP256r1MLKEM768", 256), 1153),
    0x11EC: (TemporaryKey("X25519MLKEM768", "X25519MLKEM768", 253), 1120),
    0x11ED: (TemporaryKey("SecP384r1MLKEM1024", "SecP384r1MLKEM1024", 384), 1665),
}
"""Named groups (IANA TLS registry) with the octets of the server's share of each."""

NAMED_GROUPS = {number: key for number, (key, _) in _GROUPS.items()}
"""The groups that can be told apart, by their number on the wire."""


class WireError(ValueError):
    """The bytes are no TLS records, or what they hold contradicts itself."""


@dataclass(slots=True)
class ServerFlight:
    """What a server's first messages show. Fields stay empty where nothing was seen.

    `certificates` are those of TLS 1.2 and older (DER, as presented); TLS 1.3 hides
    them. `alert` is level and description (RFC 8446 section 6). `broken`: reading
    stopped at something that contradicts itself. `session_id`, `compression` and
    `extensions` (contents by number) are those of the ServerHello; `status` is the
    CertificateStatus message (RFC 6066 section 8), which TLS 1.3 hides too.
    """

    version: int | None = None
    suite: int | None = None
    certificates: tuple[bytes, ...] = ()
    temporary_key: TemporaryKey | None = None
    wants_client_certificate: bool = False
    retried: bool = False
    alert: tuple[int, int] | None = None
    broken: bool = False
    messages: list[int] = field(default_factory=list)
    session_id: bytes = b""
    compression: int | None = None
    extensions: dict[int, bytes] = field(default_factory=dict)
    status: bytes = b""

    @property
    def version_name(self) -> str | None:
        """The version in OpenSSL's words, e.g. ``TLSv1.2``."""
        if self.version is None:
            return None
        return VERSION_NAMES.get(self.version, f"0x{self.version:04x}")


def looks_like_tls(data: bytes) -> bool:
    """Whether the bytes can be the beginning of a TLS record; as few as one may be given."""
    return data[:1] != b"" and data[0] in _RECORD_TYPES and data[1:2] in (b"", b"\x03")


def read_flight(data: bytes) -> ServerFlight:
    """Read a server's handshake as far as it is there and in the clear.

    A flight that ends in the middle, or breaks off into nonsense, gives what
    stood before. At most `LARGEST_FLIGHT` octets are looked at.

    Raises:
        WireError: the bytes do not begin with a TLS record.
    """
    data = data[:LARGEST_FLIGHT]
    if not looks_like_tls(data):
        raise WireError("no TLS record")
    flight = ServerFlight()
    try:
        for kind, body in _messages(data, flight):
            flight.messages.append(kind)
            _read_message(kind, body, flight)
    except WireError:
        flight.broken = True
    return flight


def read_offered_suites(hello: bytes) -> tuple[int, ...]:
    """The cipher suites of a ClientHello, as numbers in the client's order.

    Raises:
        WireError: the bytes are no whole ClientHello.
    """
    for kind, body in _messages(hello, ServerFlight()):
        if kind == _CLIENT_HELLO:
            reader = _Reader(body)
            reader.take(2 + 32)
            reader.vector(1)
            suites = reader.vector(2)
            return tuple(int.from_bytes(suites[at : at + 2]) for at in range(0, len(suites) - 1, 2))
    raise WireError("no ClientHello")


class _Reader:
    """Takes fields off the front of a message; never past its end."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._data):
            raise WireError("a field runs past the end of its message")
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def number(self, octets: int) -> int:
        return int.from_bytes(self.take(octets))

    def vector(self, octets: int) -> bytes:
        return self.take(self.number(octets))

    @property
    def left(self) -> int:
        return len(self._data) - self._at


def _messages(data: bytes, flight: ServerFlight) -> Iterator[tuple[int, bytes]]:
    """Handshake messages, reassembled across records, until encryption begins."""
    pending = bytearray()
    for kind, payload in _records(data):
        if kind == _ALERT:
            if len(payload) == 2:  # noqa: PLR2004 -- level and description; else encrypted
                flight.alert = (payload[0], payload[1])
            return
        if kind != _HANDSHAKE:
            return
        pending += payload
        while len(pending) >= 4:  # noqa: PLR2004 -- type and length
            end = 4 + int.from_bytes(pending[1:4])
            if len(pending) < end:
                break
            yield pending[0], bytes(pending[4:end])
            del pending[:end]


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 5 <= len(data):
        length = int.from_bytes(data[at + 3 : at + 5])
        if data[at] not in _RECORD_TYPES or data[at + 1] != 3 or length > _LARGEST_RECORD:  # noqa: PLR2004 -- major version
            raise WireError("no TLS record")
        end = at + 5 + length
        if end > len(data):
            return
        yield data[at], data[at + 5 : end]
        at = end


def _read_message(kind: int, body: bytes, flight: ServerFlight) -> None:
    if kind == _SERVER_HELLO:
        _read_hello(_Reader(body), flight)
    elif kind == _CERTIFICATE:
        flight.certificates = _read_certificates(_Reader(body))
    elif kind == _SERVER_KEY_EXCHANGE:
        flight.temporary_key = _read_key_exchange(body)
    elif kind == _CERTIFICATE_REQUEST:
        flight.wants_client_certificate = True
    elif kind == _CERTIFICATE_STATUS:
        flight.status = body


def _read_hello(reader: _Reader, flight: ServerFlight) -> None:
    flight.version = reader.number(2)
    flight.retried = reader.take(32) == _RETRY_RANDOM
    flight.session_id = reader.vector(1)
    flight.suite = reader.number(2)
    flight.compression = reader.number(1)
    if not reader.left:
        return
    extensions = _Reader(reader.vector(2))
    while extensions.left:
        kind, content = extensions.number(2), extensions.vector(2)
        flight.extensions[kind] = content
        if kind == _SUPPORTED_VERSIONS and len(content) == 2:  # noqa: PLR2004 -- one version
            flight.version = int.from_bytes(content)
        elif kind == _KEY_SHARE:
            group = _GROUPS.get(int.from_bytes(content[:2]))
            flight.temporary_key = group[0] if group else None


def _read_certificates(reader: _Reader) -> tuple[bytes, ...]:
    listed = _Reader(reader.vector(3))
    found: list[bytes] = []
    while listed.left and len(found) < _MOST_CERTIFICATES:
        found.append(listed.vector(3))
    return tuple(found)


def _read_key_exchange(body: bytes) -> TemporaryKey | None:
    """The parameters of an (elliptic-curve) Diffie-Hellman exchange.

    A DH prime of 768 octets begins like a named curve: the length of the point decides.
    """
    if len(body) > 4 and body[0] == _NAMED_CURVE:  # noqa: PLR2004 -- type, group, length
        group = _GROUPS.get(int.from_bytes(body[1:3]))
        if group is not None and body[3] == group[1]:
            return group[0]
    reader = _Reader(body)
    try:
        prime, generator, share = reader.vector(2), reader.vector(2), reader.vector(2)
    except WireError:
        return None
    if not prime or not generator or not share:
        return None
    return TemporaryKey("DH", "", int.from_bytes(prime).bit_length())
