"""Properties of signing in: any user and password, any relay."""

from __future__ import annotations

import binascii
import unicodedata
from base64 import b64decode, b64encode

from hypothesis import example, given, settings
from hypothesis import strategies as st

from scramserver import ScramServer
from tocsin.base.secret import Secret
from tocsin.mail.smtp.failure import RelayUnproven, UnfitLogin
from tocsin.mail.smtp.sasl import MECHANISMS, Login, choose
from tocsin.mail.smtp.sasl.saslprep import prepare
from tocsin.mail.smtp.sasl.scram import Derivation, Scram
from tocsin.mail.smtp.shown import Mask

TEXT = st.text(min_size=1, max_size=20)
TYPED = st.text(
    st.one_of(
        st.characters(min_codepoint=32, max_codepoint=126),
        st.sampled_from("äß\u00a0\u00ad\u00aa\u2168\u0301\uff27密码"),
    ),
    max_size=20,
).map(lambda text: "x" + text)
OFFERED = ("SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN", "XOAUTH2")
CHALLENGE = st.one_of(
    st.text(max_size=40),
    st.binary(max_size=40).map(lambda data: b64encode(data).decode()),
    st.builds(
        lambda nonce, salt, count, rest: b64encode(
            f"r=ours{nonce},s={b64encode(salt).decode()},i={count}{rest}".encode()
        ).decode(),
        st.text("abc,=%", max_size=6),
        st.binary(max_size=8),
        st.one_of(st.integers(-1, 5_000), st.integers(10**6, 10**30), st.just("x")),
        st.sampled_from(["", ",x=y", ",", "\n"]),
    ),
    st.sampled_from(["dj1BQUFB", "ZT1ubw==", ""]),
)


@settings(deadline=None, max_examples=40)
@given(TYPED, TYPED, st.sampled_from(["sha256", "sha1"]), st.binary(min_size=1, max_size=20))
def test_an_independent_server_agrees_for_any_login(user, password, digest, salt):
    """However it is typed, the prepared form signs in, and the server is believed."""
    talk = Scram(Login(user, Secret(password), "scram"), digest)
    server = ScramServer(
        prepare(user, "user name"), prepare(password, "password"), digest=digest, salt=salt
    )
    talk.challenged(b64encode(server.challenge(talk.first().data)).decode())
    verdict = server.judge(talk.respond().data)
    assert verdict.startswith(b"v=")
    talk.challenged(b64encode(verdict).decode())
    assert talk.respond().data == b""
    talk.finish()


@settings(deadline=None)
@given(st.lists(CHALLENGE, max_size=4))
@example(["cj1vdXJzYSxzPWMyRnNkQT09LGk9NDA5Ng==", "ZT1ubw=="])
def test_no_relay_without_the_password_is_believed(challenges):
    """Whatever it says, it either is told to go or cannot make us take its yes."""
    talk = Scram(Login("user", Secret("pencil"), "scram"), "sha256", "ours")
    try:
        for text in challenges:
            talk.challenged(text)
            talk.respond()
        talk.finish()
    except RelayUnproven:
        return
    raise AssertionError("it was believed")


@settings(deadline=None)
@given(st.sampled_from(MECHANISMS), TEXT, TEXT, st.lists(CHALLENGE, max_size=5))
def test_every_mechanism_comes_to_an_end(mechanism, user, password, challenges):
    """Any login and any relay: typed failures only, and never more than two responses."""
    responses = 0
    try:
        talk = choose(Login(user, Secret(password), mechanism), OFFERED)
        talk.first()
        for text in challenges:
            talk.challenged(text)
            responses += talk.respond() is not None
    except (UnfitLogin, RelayUnproven):
        pass
    assert responses <= 2


@settings(deadline=None)
@given(st.text(max_size=30))
def test_prepared_text_is_prepared_already(text):
    """Preparing twice changes nothing, and what comes out is in normal form."""
    try:
        prepared = prepare(text, "text")
    except UnfitLogin:
        return
    assert prepare(prepared, "text") == prepared
    assert unicodedata.ucd_3_2_0.is_normalized("NFKC", prepared)


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=30), st.binary(min_size=1, max_size=30))
def test_the_slow_step_is_the_one_of_the_rfc(password, salt):
    """The library's PBKDF2 gives what the formula gives."""
    from scramserver import derive

    work = Derivation("sha256", password, salt, 5)
    work.run()
    assert work.salted == derive("sha256", password, salt, 5)


@settings(deadline=None)
@given(st.text(min_size=4, max_size=20), st.binary(max_size=20), st.binary(max_size=20))
def test_a_secret_is_hidden_in_whatever_surrounds_it(secret, before, after):
    """In text, in bytes and in base64; nothing that decodes to it stays."""
    mask = Mask()
    mask.add(secret)
    data = secret.encode("utf-8", "backslashreplace")
    assert data not in mask.data(before + data + after) or data in b"***"
    wrapped = b64encode(before + data + after).decode()
    shown = mask.challenge(wrapped)
    try:
        assert data not in b64decode(shown, validate=True)
    except binascii.Error:
        assert "***" in shown
