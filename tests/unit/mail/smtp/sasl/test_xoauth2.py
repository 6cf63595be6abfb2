"""XOAUTH2: the token's line, and the reason that comes in a challenge."""

from __future__ import annotations

from base64 import b64encode

import pytest

from tocsin.base.secret import Secret
from tocsin.mail.smtp.failure import UnfitLogin
from tocsin.mail.smtp.sasl import Login
from tocsin.mail.smtp.sasl.xoauth2 import Xoauth2

TOKEN = "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"


def xoauth2(user="someuser@example.com", token=TOKEN) -> Xoauth2:
    return Xoauth2(Login(user, Secret(token), "xoauth2"))


def test_the_line_is_the_one_in_the_vendors_manuals():
    """Google's own example, user and token, comes out as the manual has it."""
    response = xoauth2().first()
    assert b64encode(response.data).decode() == (
        "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhk"
        "SFJoZG1semRHRXVZMjl0Q2cBAQ=="
    )
    assert response.secret
    assert TOKEN not in response.shown


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        (b'{"status":"401","schemes":"bearer mac","scope":"https://mail.example/"}', "401"),
        (b'{"status":400,"schemes":"Bearer"}', "400"),
        (b'{"status":"4\\u001b[31m00"}', "4\\x1b[31m00"),
        (b'{"status":"\\ud800"}', "?"),
        (b'{"status":"' + b"9" * 5_000 + b'"}', "9" * 100),
    ],
)
def test_the_status_of_a_refused_token_is_read(said, detail):
    """The JSON in the challenge gives the reason; it is answered by one empty line."""
    talk = xoauth2()
    talk.challenged(b64encode(said).decode())
    assert talk.respond().data == b""
    assert talk.detail == f"token status {detail}"
    talk.challenged("")
    assert talk.respond() is None


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        (b64encode(b"expired").decode(), "expired"),
        (b64encode(b'{"error":"x"}').decode(), '{"error":"x"}'),
        (b64encode(b"[]").decode(), "[]"),
        (b64encode(b"[" * 5_000).decode(), "[" * 100),
        (b64encode(b"\xff\0").decode(), "\\xff\\x00"),
        ("no base64!", "no base64!"),
        ("größe", "größe"),
        ("", ""),
    ],
)
def test_a_reason_in_another_form_is_kept_as_it_is(text, detail):
    """What is not the usual JSON is shown as far as it can be, and is never an error."""
    talk = xoauth2()
    talk.challenged(text)
    assert talk.detail == detail
    assert talk.respond().data == b""


@pytest.mark.parametrize(
    ("user", "token"),
    [
        ("a\1auth=Bearer other", TOKEN),
        ("a\0b", TOKEN),
        ("a", ""),
        ("a", TOKEN + "\n"),
        ("a", TOKEN + "\1"),
        ("a", "two words"),
        ("a", "tökén"),
    ],
)
def test_neither_user_nor_token_can_add_a_field(user, token):
    """What would break the form of the line is refused before anything is sent."""
    with pytest.raises(UnfitLogin):
        xoauth2(user, token)
