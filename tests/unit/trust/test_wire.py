"""Reading a server's handshake off the wire."""

from __future__ import annotations

import pytest

from tocsin.trust.wire import (
    LARGEST_FLIGHT,
    TemporaryKey,
    WireError,
    looks_like_tls,
    read_flight,
    read_offered_suites,
)

RANDOM = bytes(32)


def record(kind: int, payload: bytes) -> bytes:
    return bytes((kind, 3, 3)) + len(payload).to_bytes(2) + payload


def message(kind: int, body: bytes) -> bytes:
    return bytes((kind,)) + len(body).to_bytes(3) + body


def vector(octets: int, content: bytes) -> bytes:
    return len(content).to_bytes(octets) + content


def server_hello(suite: int = 0xC02F, extensions: bytes = b"", random: bytes = RANDOM) -> bytes:
    body = b"\x03\x03" + random + b"\x00" + suite.to_bytes(2) + b"\x00"
    return message(2, body + (vector(2, extensions) if extensions else b""))


def certificates(*ders: bytes) -> bytes:
    return message(11, vector(3, b"".join(vector(3, der) for der in ders)))


def dh_exchange(bits: int) -> bytes:
    prime = ((1 << bits) - 1).to_bytes((bits + 7) // 8)
    return message(12, vector(2, prime) + vector(2, b"\x02") + vector(2, b"\x05") + b"signature")


def test_a_tls12_flight_is_read_whole() -> None:
    """Version, suite, certificates, DH size and the wish for a client certificate."""
    flight = read_flight(
        record(
            22,
            server_hello(0x009E)
            + certificates(b"leaf", b"issuer")
            + dh_exchange(1024)
            + message(13, b"\x01\x01\x00\x00")
            + message(14, b""),
        )
    )
    assert flight.version_name == "TLSv1.2"
    assert flight.suite == 0x009E
    assert flight.certificates == (b"leaf", b"issuer")
    assert flight.temporary_key == TemporaryKey("DH", "", 1024)
    assert flight.wants_client_certificate
    assert flight.messages == [2, 11, 12, 13, 14]
    assert not flight.broken


@pytest.mark.parametrize("size", [1, 7, 50])
def test_messages_are_put_together_across_records(size: int) -> None:
    """Records of any size give the same messages."""
    whole = server_hello() + certificates(b"x" * 300) + dh_exchange(2048)
    data = b"".join(record(22, whole[at : at + size]) for at in range(0, len(whole), size))
    flight = read_flight(data)
    assert flight.certificates == (b"x" * 300,)
    assert flight.temporary_key == TemporaryKey("DH", "", 2048)


@pytest.mark.parametrize(
    ("group", "length", "kind", "bits"),
    [(0x17, 65, "ECDH", 256), (0x18, 97, "ECDH", 384), (0x1D, 32, "X25519", 253)],
)
def test_curves_are_named(group: int, length: int, kind: str, bits: int) -> None:
    """A named curve gives OpenSSL's words and size."""
    body = b"\x03" + group.to_bytes(2) + vector(1, b"p" * length) + b"signature"
    key = read_flight(record(22, message(12, body))).temporary_key
    assert key is not None
    assert (key.kind, key.bits) == (kind, bits)


def test_a_prime_that_begins_like_a_curve_is_still_a_prime() -> None:
    """A DH prime of 768 octets has the length 0x0300, whose first octet means a curve."""
    key = read_flight(record(22, dh_exchange(6144))).temporary_key
    assert key == TemporaryKey("DH", "", 6144)


def test_tls13_shows_version_and_group_and_hides_the_rest() -> None:
    """supported_versions and key_share are read; encrypted records end the reading."""
    extensions = (
        b"\x00\x2b\x00\x02\x03\x04" + b"\x00\x33" + vector(2, b"\x00\x1d" + vector(2, b"k"))
    )
    hello = record(22, server_hello(0x1302, extensions))
    flight = read_flight(hello + record(20, b"\x01") + record(23, b"x" * 900))
    assert flight.version_name == "TLSv1.3"
    assert flight.temporary_key == TemporaryKey("X25519", "X25519", 253)
    assert flight.certificates == ()


def test_a_retry_request_names_the_wanted_group() -> None:
    """HelloRetryRequest is a ServerHello with a fixed random value."""
    random = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
    extensions = b"\x00\x2b\x00\x02\x03\x04\x00\x33\x00\x02\x00\x18"
    flight = read_flight(record(22, server_hello(0x1302, extensions, random)))
    assert flight.retried
    assert flight.temporary_key is not None
    assert flight.temporary_key.group == "P-384"


def test_an_alert_is_read() -> None:
    """Level and description of an alert in the clear."""
    assert read_flight(record(21, b"\x02\x28")).alert == (2, 40)


@pytest.mark.parametrize("data", [b"", b"220 relay.example.com", b"HTTP/1.1 400", b"\x16\x02\x00"])
def test_what_is_no_tls_is_refused(data: bytes) -> None:
    """Plain text where TLS should begin is the reader's own error."""
    assert not looks_like_tls(data)
    with pytest.raises(WireError):
        read_flight(data)


def test_nonsense_ends_the_reading_and_keeps_what_stood_before() -> None:
    """A field that runs past its message marks the flight as broken."""
    lying = message(11, b"\x00\x10\x00" + b"x")
    flight = read_flight(record(22, server_hello() + lying + dh_exchange(1024)))
    assert flight.broken
    assert flight.suite == 0xC02F
    assert flight.temporary_key is None


def test_only_so_much_is_looked_at() -> None:
    """A flight beyond the limit is cut, so that memory is bounded."""
    flood = record(22, message(11, vector(3, vector(3, b"x" * 100)))) * 5000
    assert len(flood) > LARGEST_FLIGHT
    assert len(read_flight(flood).messages) < LARGEST_FLIGHT / 100


def test_a_client_hello_gives_its_suites() -> None:
    """The suites of a ClientHello in their order."""
    body = b"\x03\x03" + RANDOM + vector(1, b"sid") + vector(2, b"\x13\x01\xc0\x2f") + b"\x01\x00"
    assert read_offered_suites(record(22, message(1, body))) == (0x1301, 0xC02F)
    with pytest.raises(WireError):
        read_offered_suites(record(22, server_hello()))
