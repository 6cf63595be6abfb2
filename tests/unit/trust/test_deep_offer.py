"""Hand-made ClientHellos: what they say, and that OpenSSL takes them for its own kind."""

from __future__ import annotations

import contextlib
import ssl
from pathlib import Path

import pytest

import chains
from tocsin.trust.context import misbehaving_server_context
from tocsin.trust.deep.flight import FlightEnd
from tocsin.trust.deep.offer import CURVES, DEFLATE, NO_COMPRESSION, Offer
from tocsin.trust.deep.suites import (
    ASKED_VERSIONS,
    BY_NUMBER,
    SSL3,
    SUITES,
    TLS10,
    TLS12,
    TLS13,
    suites_of,
)
from tocsin.trust.wire import read_offered_suites

CHANCE = bytes(range(64))


def numbers(version: int) -> tuple[int, ...]:
    """Every suite that is asked for in a version."""
    return tuple(one.number for one in suites_of(version))


@pytest.mark.parametrize("version", ASKED_VERSIONS)
def test_the_suites_stand_in_it_in_order(version: int) -> None:
    """What our own reader reads out of a hello is what was put in."""
    hello = Offer(version, numbers(version), "relay.example.com").hello(CHANCE)
    assert read_offered_suites(hello) == numbers(version)
    assert int.from_bytes(hello[3:5]) == len(hello) - 5


@pytest.mark.parametrize(
    ("host", "sent"),
    [
        ("relay.example.com", b"relay.example.com"),
        ("mail.köln.example", b"mail.xn--kln-sna.example"),
    ],
)
def test_the_name_is_sent_as_dns_has_it(host: str, sent: bytes) -> None:
    """The server name goes out in its ASCII form."""
    assert sent in Offer(TLS12, numbers(TLS12), host).hello(CHANCE)


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "x" * 300 + ".example"])
def test_an_address_is_no_name(host: str) -> None:
    """RFC 6066 allows no address there, and nothing longer than a name can be."""
    nameless = Offer(TLS12, numbers(TLS12), "192.0.2.9").hello(CHANCE)
    assert Offer(TLS12, numbers(TLS12), host).hello(CHANCE) == nameless


def test_ssl_3_has_no_extensions() -> None:
    """The oldest form ends after the compression methods."""
    hello = Offer(SSL3, (0x002F,), "relay.example.com").hello(CHANCE)
    assert hello.endswith(bytes((0, 2, 0x00, 0x2F, 1, 0)))
    assert b"relay" not in hello


def test_two_hellos_differ() -> None:
    """Each has its own chance."""
    offer = Offer(TLS13, numbers(TLS13), "relay.example.com")
    assert offer.hello() != offer.hello()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A chain and its key."""
    folder = tmp_path_factory.mktemp("deep")
    return chains.write_chain(folder, chains.ladder(kind="rsa-2048").presented)


def answer(files: tuple[Path, Path], offer: Offer, **options: object) -> FlightEnd:
    """What OpenSSL's server says to a hello, in memory."""
    context = misbehaving_server_context(*files, **options)  # type: ignore[arg-type]
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(incoming, outgoing, server_side=True)
    incoming.write(offer.hello(CHANCE))
    with contextlib.suppress(ssl.SSLError):
        server.do_handshake()
    end = FlightEnd()
    end.feed(outgoing.read())
    return end


def test_openssl_answers_in_tls_1_2(files: tuple[Path, Path]) -> None:
    """The whole flight is read up to its end: chain, temporary key, extensions."""
    end = answer(files, Offer(TLS12, numbers(TLS12), "relay.example.com"))
    flight = end.flight()
    assert end.ended
    assert flight.version == TLS12
    assert BY_NUMBER[flight.suite or 0].exchange == "ECDHE"
    assert flight.temporary_key is not None
    assert flight.temporary_key.group == "X25519"
    assert len(flight.certificates) == 4
    assert flight.messages[-1] == 14
    assert 0xFF01 in flight.extensions


def test_openssl_names_its_group_in_tls_1_3(files: tuple[Path, Path]) -> None:
    """Without a key in the hello the answer is the group that is wanted, and a suite."""
    end = answer(files, Offer(TLS13, numbers(TLS13), "relay.example.com", groups=(0x0018,)))
    flight = end.flight()
    assert end.ended
    assert (flight.version, flight.retried) == (TLS13, True)
    assert BY_NUMBER[flight.suite or 0].name.startswith("TLS_")
    assert flight.temporary_key is not None
    assert flight.temporary_key.group == "P-384"


def test_a_refusal_is_an_alert(files: tuple[Path, Path]) -> None:
    """A suite that the server has not: alert 40, and nothing to wait for."""
    end = answer(files, Offer(TLS12, (0x0005,), "relay.example.com"))
    assert end.ended
    assert end.flight().alert == (2, 40)
    assert end.flight().version is None


def test_compression_is_offered_first(files: tuple[Path, Path]) -> None:
    """Both methods go out; OpenSSL, like all, takes none."""
    offer = Offer(TLS12, numbers(TLS12), "h", CURVES, (DEFLATE, NO_COMPRESSION))
    assert answer(files, offer).flight().compression == NO_COMPRESSION


def test_the_table_agrees_with_openssl() -> None:
    """Each suite that this OpenSSL has stands there under its name and number."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    known = {one["id"] & 0xFFFF: one["name"] for one in context.get_ciphers()}
    ours = {one.number: one.name for one in SUITES}
    secret = ("PSK", "SRP", "GOST")
    expected = {
        number: name for number, name in known.items() if not any(one in name for one in secret)
    }
    assert expected.items() <= ours.items()
    assert len({one.name for one in SUITES}) == len(SUITES) == len(BY_NUMBER)


@pytest.mark.parametrize(
    ("name", "exchange", "weakness"),
    [
        ("TLS_AES_128_GCM_SHA256", "any", ""),
        ("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE", ""),
        ("DHE-RSA-AES128-GCM-SHA256", "DHE", ""),
        ("EDH-RSA-DES-CBC3-SHA", "EDH", "its cipher is small or old"),
        ("EXP-EDH-RSA-DES-CBC-SHA", "EDH", "weakened for export"),
        ("AES128-GCM-SHA256", "RSA", "without forward secrecy"),
        ("ECDH-RSA-AES128-SHA", "ECDH", "without forward secrecy"),
        ("ADH-AES128-SHA", "ADH", "no certificate is needed: anybody can answer"),
        ("RC4-MD5", "RSA", "RC4 is broken"),
        ("NULL-SHA", "RSA", "it encrypts nothing"),
        ("ECDHE-RSA-AES128-SHA", "ECDHE", "its encryption is not authenticated"),
    ],
)
def test_a_suite_says_what_it_is(name: str, exchange: str, weakness: str) -> None:
    """The exchange and the worst that can be said of it."""
    suite = next(one for one in SUITES if one.name == name)
    assert (suite.exchange, suite.weakness) == (exchange, weakness)


def test_a_version_has_its_own_suites() -> None:
    """Suites of TLS 1.3 are no use before it, those of 1.2 none in 1.0, curves none in SSL 3."""
    assert {one.since for one in suites_of(TLS13)} == {TLS13}
    assert not {one.name for one in suites_of(TLS12)} & {one.name for one in suites_of(TLS13)}
    assert all("GCM" not in one.name for one in suites_of(TLS10))
    assert all("ECDH" not in one.name for one in suites_of(SSL3))
