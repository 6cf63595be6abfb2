"""The certificate of the pages: made once, renewed in time, never over an operator's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from tocsin.base.home import Home
from tocsin.engine import webcertificate
from tocsin.engine.webcertificate import make_certificate


@pytest.fixture
def place(tmp_path: Path) -> Home:
    """A home."""
    one = Home(tmp_path)
    one.make()
    return one


def test_it_is_made_once(place: Home):
    """A second start keeps the certificate that browsers were told to accept."""
    make_certificate(place, "127.0.0.1")
    first = place.certificate.read_bytes()
    make_certificate(place, "127.0.0.1")
    assert place.certificate.read_bytes() == first
    assert place.certificate_key.stat().st_mode & 0o777 == 0o600


def test_it_names_where_it_is_served(place: Home):
    """Address and local names stand in it."""
    make_certificate(place, "192.0.2.7")
    made = x509.load_pem_x509_certificate(place.certificate.read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "192.0.2.7" in [str(one) for one in names.get_values_for_type(x509.IPAddress)]
    assert "localhost" in names.get_values_for_type(x509.DNSName)


def test_one_that_soon_expires_is_made_anew(place: Home, monkeypatch: pytest.MonkeyPatch):
    """Nobody wakes up to an expired certificate of our own making."""
    monkeypatch.setattr(webcertificate, "_LIFE", timedelta(days=10))
    make_certificate(place, "127.0.0.1")
    monkeypatch.undo()
    make_certificate(place, "127.0.0.1")
    made = x509.load_pem_x509_certificate(place.certificate.read_bytes())
    assert made.not_valid_after_utc > datetime.now(UTC) + timedelta(days=800)


def test_an_operators_own_is_left_alone(place: Home):
    """What somebody put there is served, whatever it is."""
    place.certificate.write_text("theirs")
    place.certificate_key.write_text("theirs")
    make_certificate(place, "127.0.0.1")
    assert place.certificate.read_text() == "theirs"
