"""What may be shown of what the relay sent."""

from __future__ import annotations

from base64 import b64encode

import pytest

from tocsin.mail.smtp.shown import Mask

PASSWORD = "päss\tword"


@pytest.fixture
def mask() -> Mask:
    one = Mask()
    one.add(PASSWORD, "", "key")
    return one


def base64(text: bytes) -> str:
    return b64encode(text).decode()


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("nothing of it", "nothing of it"),
        ("the key and p\\xe4ss\\tword", "the *** and p\\xe4ss\\tword"),
        ("as text: päss word", "as text: ***"),
        ("from Latin-1: p\\xe4ss word", "from Latin-1: ***"),
    ],
)
def test_text_hides_a_secret_in_the_forms_it_is_printed_in(mask, said, shown):
    """Also where the relay knows no UTF-8, and where a tab was made a blank."""
    assert mask.text(said) == shown


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (f"garbage {PASSWORD}!".encode(), b"garbage ***!"),
        (PASSWORD.encode("latin-1") + b"\0", b"***\0"),
        (b"begins p\xc3\xa4s", b"begins ***"),
        (b"too short p\xc3\xa4"[:-1], b"too short p\xc3"),
        (b"", b""),
    ],
)
def test_bytes_hide_it_too_and_its_beginning_at_the_end(mask, said, shown):
    """What was cut in the middle of a secret does not show the half of it."""
    assert mask.data(said) == shown


@pytest.mark.parametrize("before", [b"", b"x", b"xy", b"xyz"])
@pytest.mark.parametrize("after", [b"", b"x", b"xy"])
def test_a_challenge_hides_what_it_wraps(mask, before, after):
    """A secret in base64 of the relay's own is found wherever it stands in it."""
    assert mask.challenge(base64(before + PASSWORD.encode() + after)) == "***"
    assert mask.challenge(base64(before + PASSWORD.encode() + after).rstrip("=")) == "***"


def test_a_challenge_without_a_secret_stays_readable(mask):
    """Evidence is hidden only where it must be."""
    for said in ("VXNlcm5hbWU6", "", "say key", "Ok"):
        assert mask.challenge(said) == said.replace("key", "***")


def test_the_longer_secret_is_hidden_whole():
    """One that is part of another does not leave the rest of it standing."""
    mask = Mask()
    assert not mask
    mask.add("word")
    mask.add("password")
    assert mask.text("password word") == "*** ***"
