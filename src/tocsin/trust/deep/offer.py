"""ClientHellos made by hand: they ask, and are never followed by a handshake's end.

Only so can one ask for what this machine's OpenSSL would refuse to offer. Formats: RFC 5246
section 7.4.1.2, RFC 8446 section 4.1.2, RFC 6101 section 5.6.1.2 (SSL 3).
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tocsin.trust.deep.suites import SSL3, TLS10, TLS12, TLS13

SERVER_NAME, STATUS_REQUEST, GROUPS, POINT_FORMATS, SIGNATURES = 0, 5, 10, 11, 13
EXTENDED_MASTER_SECRET, SESSION_TICKET = 23, 35
SUPPORTED_VERSIONS, KEY_EXCHANGE_MODES, KEY_SHARE = 43, 45, 51
RENEGOTIATION = 0xFF01
"""Numbers of extensions (IANA TLS registry)."""

NO_COMPRESSION, DEFLATE = 0, 1

CURVES = (
    *(0x001D, 0x0017, 0x0018, 0x0019, 0x001E),
    *(0x001A, 0x001B, 0x001C, 0x0015, 0x0016),
)
"""Elliptic curves, by their number on the wire; `tocsin.trust.wire.NAMED_GROUPS` names them."""

FINITE_FIELDS = (0x0100, 0x0101, 0x0102, 0x0103, 0x0104)
HYBRIDS = (0x11EC, 0x11EB, 0x11ED)
"""Groups that TLS 1.3 alone knows: finite fields (RFC 7919), and those with ML-KEM."""

_SIGNATURES = (
    *(0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080A, 0x080B),
    *(0x0401, 0x0501, 0x0601, 0x0303, 0x0301, 0x0402, 0x0502, 0x0602, 0x0302, 0x0203, 0x0201),
    *(0x0202, 0x0101),
)
"""Every way to sign (RFC 8446 section 4.2.3), SHA-1 and MD5 included: to look, not to trust."""

_HANDSHAKE_RECORD, _CLIENT_HELLO = 22, 1
_LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class Offer:
    """What one ClientHello offers: one version of the protocol, and within it all of these."""

    version: int
    suites: tuple[int, ...]
    host: str
    groups: tuple[int, ...] = CURVES
    compression: tuple[int, ...] = (NO_COMPRESSION,)

    def hello(self, random: bytes | None = None) -> bytes:
        """The record to send; `random` are its 64 octets of chance."""
        chance = os.urandom(64) if random is None else random
        # TLS 1.3 calls itself 1.2 here; a session id makes it look like one resumed.
        session_id = chance[32:] if self.version == TLS13 else b""
        body = (
            min(self.version, TLS12).to_bytes(2)
            + chance[:32]
            + _vector(1, session_id)
            + _vector(2, _numbers(self.suites))
            + _vector(1, bytes(self.compression))
        )
        if self.version > SSL3:
            body += _vector(2, b"".join(self._extensions()))
        message = bytes((_CLIENT_HELLO,)) + _vector(3, body)
        return (
            bytes((_HANDSHAKE_RECORD,)) + min(self.version, TLS10).to_bytes(2) + _vector(2, message)
        )

    def _extensions(self) -> Iterable[bytes]:
        if name := _sent_name(self.host):
            yield _extension(SERVER_NAME, _vector(2, b"\0" + _vector(2, name)))
        yield _extension(STATUS_REQUEST, b"\1" + _vector(2, b"") + _vector(2, b""))
        yield _extension(GROUPS, _vector(2, _numbers(self.groups)))
        yield _extension(POINT_FORMATS, _vector(1, b"\0"))
        if self.version >= TLS12:
            yield _extension(SIGNATURES, _vector(2, _numbers(_SIGNATURES)))
        if self.version == TLS13:
            yield _extension(SUPPORTED_VERSIONS, _vector(1, TLS13.to_bytes(2)))
            yield _extension(KEY_EXCHANGE_MODES, _vector(1, b"\1"))
            # No key at all: the server then names the group that it wants, and the suite
            # (HelloRetryRequest), which is all that is asked.
            yield _extension(KEY_SHARE, _vector(2, b""))
            return
        yield _extension(EXTENDED_MASTER_SECRET, b"")
        yield _extension(SESSION_TICKET, b"")
        yield _extension(RENEGOTIATION, _vector(1, b""))


def _sent_name(host: str) -> bytes:
    """The name for the extension; an address has none there (RFC 6066 section 3)."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host.encode("idna") if len(host) <= _LONGEST_NAME else b""
    return b""


def _numbers(numbers: Sequence[int]) -> bytes:
    return b"".join(one.to_bytes(2) for one in numbers)


def _vector(octets: int, content: bytes) -> bytes:
    return len(content).to_bytes(octets) + content


def _extension(kind: int, content: bytes) -> bytes:
    return kind.to_bytes(2) + _vector(2, content)
