"""What holds for any bytes a peer or a person may give."""

from __future__ import annotations

import base64
import contextlib
import tempfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

import chains
from tlsserver import shake_hands
from tocsin.base.clock import now
from tocsin.trust.certificate import NotCertificates, PrivateKeyFound, read_certificates
from tocsin.trust.ciphercheck import check_ciphers
from tocsin.trust.context import client_context, server_context
from tocsin.trust.der import Shape, shape_of
from tocsin.trust.name import printable
from tocsin.trust.policy import RefusedCiphers
from tocsin.trust.saving import file_stem
from tocsin.trust.session import TlsClient, TlsFailure
from tocsin.trust.verdict import judge
from tocsin.trust.wire import ServerFlight, WireError, read_flight, read_offered_suites

LEAF = chains.make("relay.example.com")
CONTEXT = client_context([LEAF.anchor()])
with tempfile.TemporaryDirectory() as _folder:
    SERVER = server_context(*chains.write_chain(Path(_folder), [LEAF]))

PATIENT = settings(deadline=None)  # machines are busy at times

# Records and messages that are almost right find more than noise does.
lengths = st.integers(0, 600)
messages = st.builds(
    lambda kind, claimed, body: bytes((kind,)) + claimed.to_bytes(3) + body,
    st.sampled_from([2, 11, 12, 13, 14, 22]),
    lengths,
    st.binary(max_size=300),
)
records = st.builds(
    lambda kind, claimed, body: bytes((kind, 3, 3)) + claimed.to_bytes(2) + body,
    st.sampled_from([20, 21, 22, 23]),
    lengths,
    st.one_of(st.binary(max_size=300), messages),
)
honest_records = st.builds(
    lambda kind, body: bytes((kind, 3, 3)) + len(body).to_bytes(2) + body,
    st.sampled_from([21, 22]),
    st.lists(messages, max_size=4).map(b"".join),
)
wire = st.one_of(
    st.binary(max_size=600),
    st.lists(records, max_size=6).map(b"".join),
    st.lists(honest_records, max_size=6).map(b"".join),
)


@PATIENT
@given(wire)
def test_the_wire_reader_has_one_error(data: bytes) -> None:
    """Any bytes give a flight or the reader's own error, and reading comes to an end."""
    with contextlib.suppress(WireError):
        assert isinstance(read_flight(data), ServerFlight)
    with contextlib.suppress(WireError):
        read_offered_suites(data)


@PATIENT
@given(wire)
def test_a_client_survives_any_server(data: bytes) -> None:
    """Whatever a server sends in the handshake ends in patience or in one kind of failure."""
    client = TlsClient(CONTEXT, "relay.example.com", [LEAF.anchor()])
    client.start()
    client.outgoing()
    finding = None
    try:
        assert client.receive(data) == b""
        client.receive_eof()
    except TlsFailure as failure:
        finding = failure.finding
    assert finding is not None
    assert finding.code.startswith("tls.")
    assert all(value.isprintable() for value in finding.facts.values())
    client.facts()
    client.outgoing()


DER = LEAF.der
KEY = LEAF.key_bytes(Encoding.DER)
uploads = st.one_of(
    st.binary(max_size=400),
    st.text(max_size=200).map(str.encode),
    st.builds(
        lambda at, octet: DER[:at] + octet + DER[at + 1 :],
        st.integers(0, len(DER) - 1),
        st.binary(min_size=1, max_size=1),
    ),
    st.builds(lambda at: DER[:at], st.integers(0, len(DER))),
    st.builds(
        lambda label, body: (
            b"-----BEGIN %s-----\n%s-----END %s-----\n" % (label, base64.encodebytes(body), label)
        ),
        st.sampled_from([b"CERTIFICATE", b"PKCS7", b"TRUSTED CERTIFICATE", b"X509 CRL", b"A"]),
        st.binary(max_size=200),
    ),
)


@PATIENT
@given(uploads)
def test_uploads_have_one_error(data: bytes) -> None:
    """Any upload gives certificates or NotCertificates with printable words."""
    found, words = [], ""
    try:
        found = read_certificates(data)
    except NotCertificates as error:
        words = str(error)
    assert bool(found) != bool(words)
    assert words.isprintable()
    for one in found:
        assert [again.sha256 for again in read_certificates(one.pem.encode())] == [one.sha256]


LADDER = [one.der for one in chains.ladder().presented]


@PATIENT
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 900), st.integers(0, 255)), max_size=4))
def test_any_chain_gets_a_verdict(damages: list[tuple[int, int, int]]) -> None:
    """A chain with some octets changed is judged like any other, without an exception."""
    chain = [bytearray(der) for der in LADDER]
    for which, at, octet in damages:
        chain[which][at % len(chain[which])] = octet
    presented = [bytes(der) for der in chain]
    verdict = judge(presented, [LEAF.anchor()], "relay.example.com", now())
    assert not verdict.trusted
    assert verdict.code is not None
    assert verdict.finding is not None


@PATIENT
@given(st.binary(max_size=60), st.binary(max_size=60), st.sampled_from(["pem", "base64"]))
def test_a_key_among_noise_is_never_taken_in(before: bytes, after: bytes, form: str) -> None:
    """A PEM key with anything around it is refused, and none of it is repeated."""
    pem = LEAF.key_pem()
    data = before + b"\n" + (pem if form == "pem" else pem.replace(b"\n", b"\r\n")) + after
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = b"\n" + data
    with pytest.raises(PrivateKeyFound) as refusal:
        read_certificates(data)
    assert pem.splitlines()[1].decode() not in str(refusal.value)


@PATIENT
@given(st.binary(max_size=40))
def test_keys_are_seen_by_their_shape_whatever_follows(after: bytes) -> None:
    """A DER key is recognised with anything behind it."""
    assert shape_of(KEY + after) is Shape.PRIVATE_KEY


@PATIENT
@given(st.text(max_size=64).filter(lambda text: text.strip() != ""))
def test_no_common_name_leads_out_of_the_folder(common_name: str) -> None:
    """File names made of a peer's words are plain names."""
    try:
        certificate = chains.make(common_name, names=(), ca=True).parsed
    except (ValueError, NotCertificates):
        return
    stem = file_stem(certificate)
    assert stem
    assert "/" not in stem
    assert not stem.startswith((".", "-"))
    assert stem.isascii()
    assert len(stem) <= 100
    assert certificate.subject.isprintable()


@PATIENT
@given(st.text(max_size=600))
def test_printable_is_printable_and_short(text: str) -> None:
    """Any text can be shown after it."""
    shown = printable(text, 100)
    assert shown.isprintable()
    assert len(shown) <= 100


@PATIENT
@given(st.text(max_size=40))
def test_cipher_lists_have_one_error(ciphers: str) -> None:
    """Any text is a checked list or refused with printable words."""
    checked, words = None, ""
    try:
        checked = check_ciphers(ciphers)
    except RefusedCiphers as error:
        words = str(error)
    assert (checked is None) == bool(words)
    assert words.isprintable()


@PATIENT
@given(st.binary(min_size=1, max_size=600))
def test_an_established_session_breaks_in_one_way(data: bytes) -> None:
    """Bytes that are no good records end a session with one kind of failure, or wait for more."""
    client = TlsClient(CONTEXT, "relay.example.com", [LEAF.anchor()])
    shake_hands(SERVER, client)
    with contextlib.suppress(TlsFailure):
        assert client.receive(data) == b""
    with contextlib.suppress(TlsFailure):
        client.receive_eof()
