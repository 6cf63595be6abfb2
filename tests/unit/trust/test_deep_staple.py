"""The OCSP answer in a handshake."""

from __future__ import annotations

import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import given
from hypothesis import strategies as st

import chains
from tocsin.trust.deep.staple import read_staple

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


def status_message(answer: bytes) -> bytes:
    """A CertificateStatus message around an OCSP answer."""
    return b"\1" + len(answer).to_bytes(3) + answer


def stapled(status: ocsp.OCSPCertStatus) -> bytes:
    """An OCSP answer for a certificate, by its issuer."""
    root = chains.make("Root", ca=True)
    leaf = chains.make("relay.example.com", issuer=root)
    revoked = status is ocsp.OCSPCertStatus.REVOKED
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=x509.load_der_x509_certificate(leaf.der),
        issuer=x509.load_der_x509_certificate(root.der),
        algorithm=hashes.SHA256(),
        cert_status=status,
        this_update=NOW,
        next_update=NOW + dt.timedelta(days=7),
        revocation_time=NOW if revoked else None,
        revocation_reason=None,
    )
    name = x509.load_der_x509_certificate(root.der)
    signed = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, name).sign(
        root.key, hashes.SHA256()
    )
    return signed.public_bytes(Encoding.DER)


@pytest.mark.parametrize("status", list(ocsp.OCSPCertStatus))
def test_it_is_read(status: ocsp.OCSPCertStatus) -> None:
    """Its word about the certificate, and until when it holds."""
    found = read_staple(status_message(stapled(status)))
    assert found.status == status.name.lower()
    assert str(found.to_json()["next_update"]).startswith("2026-03-08T00:00:00")


def test_a_responder_may_have_no_answer() -> None:
    """An answer that says no more than that there is none."""
    answer = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
    assert read_staple(status_message(answer.public_bytes(Encoding.DER))).status == "no answer"


@given(st.binary(max_size=200))
def test_noise_is_unreadable(noise: bytes) -> None:
    """Nothing that a server sends breaks the reader, or says that a certificate is good."""
    assert read_staple(noise).status in {"unreadable", "no answer"}
    assert read_staple(status_message(noise)).status in {"unreadable", "no answer"}
