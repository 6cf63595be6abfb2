"""SCRAM against the examples of its RFCs, an independent server, and hostile ones."""

from __future__ import annotations

from base64 import b64encode

import pytest

from scramserver import ScramServer
from tocsin.base.secret import Secret
from tocsin.mail.smtp.failure import RelayUnproven, UnfitLogin
from tocsin.mail.smtp.sasl import Login
from tocsin.mail.smtp.sasl import scram as module
from tocsin.mail.smtp.sasl.scram import MAX_ITERATIONS, MIN_ITERATIONS, Scram

SHA_1 = (
    "sha1",
    "fyko+d2lbbFgONRv9qkxdawL",
    b"n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
    b"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
    b"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
    b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
)
"""RFC 5802 section 5."""
SHA_256 = (
    "sha256",
    "rOprNGfwEbeRWgbNEkqO",
    b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
    b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    (
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        b"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    ),
    b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
)
"""RFC 7677 section 3."""
NONCE = "ours"
CHALLENGE = "r=ourstheirs,s=c2FsdA==,i=4096"


def base64(message: bytes) -> str:
    return b64encode(message).decode()


def scram(user="user", password="pencil", digest="sha256", nonce=NONCE) -> Scram:
    return Scram(Login(user, Secret(password)), digest, nonce)


def say(talk: Scram, message: bytes) -> bytes:
    talk.challenged(base64(message))
    return talk.respond().data


@pytest.mark.parametrize("example", [SHA_1, SHA_256], ids=["RFC 5802", "RFC 7677"])
def test_the_examples_of_the_rfcs_are_spoken_word_for_word(example):
    """Each line is the one in the RFC, and its server is believed."""
    digest, nonce, first, challenge, proof, verdict = example
    talk = scram(digest=digest, nonce=nonce)
    assert talk.first().data == first
    assert say(talk, challenge) == proof
    assert say(talk, verdict) == b""
    talk.finish()
    assert talk.respond() is not None
    talk.challenged(base64(b"more"))
    assert talk.respond() is None


@pytest.mark.parametrize("digest", ["sha256", "sha1"])
@pytest.mark.parametrize(
    ("user", "password"),
    [("user", "pencil"), ("a=b,c", "=,=2C"), ("größe", "密码 with blanks"), ("u", "p" * 200)],
)
def test_an_independent_server_signs_us_in_and_is_believed(digest, user, password):
    """The client agrees with a server written from the RFC; names are escaped."""
    server = ScramServer(user, password, digest=digest)
    talk = scram(user, password, digest)
    final = say(talk, server.challenge(talk.first().data))
    verdict = server.judge(final)
    assert verdict.startswith(b"v=")
    assert say(talk, verdict) == b""
    talk.finish()


def test_each_exchange_has_a_nonce_of_its_own():
    """Nothing can be replayed: no two exchanges begin alike."""
    login = Login("user", Secret("pencil"))
    assert len({Scram(login, "sha256").first().data for _ in range(50)}) == 50


def test_a_wrong_password_is_told_by_the_server_and_kept_as_the_reason():
    """The server's error is answered by an empty line; it is no proof."""
    server = ScramServer("user", "another")
    talk = scram()
    verdict = server.judge(say(talk, server.challenge(talk.first().data)))
    assert say(talk, verdict) == b""
    assert talk.detail == "invalid-proof"
    with pytest.raises(RelayUnproven):
        talk.finish()


def test_a_server_that_knows_another_password_is_not_believed():
    """A signature made with other keys is a failure, whatever comes after it."""
    talk = scram()
    first = talk.first().data
    impostor = ScramServer("user", "another")
    final = say(talk, impostor.challenge(first))
    honest = ScramServer("user", "pencil")
    honest.challenge(first)
    assert honest.judge(final).startswith(b"v=")
    impostor.stored_key = honest.stored_key  # knows what to check with, not how to sign
    with pytest.raises(RelayUnproven, match="does not know the password"):
        talk.challenged(base64(impostor.judge(final)))


@pytest.mark.parametrize("verdict", [b"", b"v=", b"v=AAAA", b"ok", b"x=1", b"\xff\xfe", b"v"])
def test_anything_but_the_right_signature_is_no_proof(verdict):
    """Neither nothing nor nonsense passes for a signature."""
    talk = scram()
    say(talk, CHALLENGE.encode())
    with pytest.raises(RelayUnproven):
        talk.challenged(base64(verdict))
    with pytest.raises(RelayUnproven):
        talk.finish()


def test_being_signed_in_too_early_is_no_proof():
    """A relay that says yes at once, or before its own proof, is not believed."""
    talk = scram()
    talk.first()
    with pytest.raises(RelayUnproven):
        talk.finish()
    say(talk, CHALLENGE.encode())
    with pytest.raises(RelayUnproven):
        talk.finish()


@pytest.mark.parametrize(
    "challenge",
    [
        b"",
        b"r=ours,s=c2FsdA==,i=4096",  # nothing of its own
        b"r=other,s=c2FsdA==,i=4096",
        b"r=our,s=c2FsdA==,i=4096",
        b"r=ourstheirs,s=,i=4096",
        b"r=ourstheirs,s=*,i=4096",
        b"r=ourstheirs,s=c2FsdA,i=4096",
        b"r=ourstheirs,s=c2FsdA==",
        b"r=ourstheirs,i=4096,s=c2FsdA==",
        b"m=extension,r=ourstheirs,s=c2FsdA==,i=4096",
        b"r=ours theirs,s=c2FsdA==,i=4096",
        b"r=ours\0,s=c2FsdA==,i=4096",
        b"r=ours\xc3\xbc,s=c2FsdA==,i=4096",
        b"r=ourstheirs,s=c2FsdA==,i=",
        b"r=ourstheirs,s=c2FsdA==,i=-4096",
        b"r=ourstheirs,s=c2FsdA==,i=0x1000",
        b"r=ourstheirs,s=c2FsdA==,i=04096",
        b"r=ourstheirs,s=c2FsdA==,i=4096\n",
        b"r=ourstheirs,s=c2FsdA==,i=1",
        b"r=ourstheirs,s=c2FsdA==,i=%d" % (MIN_ITERATIONS - 1),
        b"r=ourstheirs,s=c2FsdA==,i=%d" % (MAX_ITERATIONS + 1),
        b"r=ourstheirs,s=c2FsdA==,i=" + b"9" * 6_000,
        "r=ourstheirs,s=c2FsdA==,i=\u0664\u0660\u0669\u0666".encode(),
        b"e=other-error",
    ],
)
def test_a_challenge_that_weakens_burns_or_makes_no_sense_is_refused(challenge, monkeypatch):
    """Bad nonces, salts and counts end it before anything is computed or proved."""

    def never(*_arguments):
        raise AssertionError("the password was used")

    monkeypatch.setattr(module.hashlib, "pbkdf2_hmac", never)
    talk = scram()
    with pytest.raises(RelayUnproven):
        talk.challenged(base64(challenge))
    assert talk.work is None


@pytest.mark.parametrize("text", ["", "***", "cj1vdXJz=", "r=ours", "ü"])
def test_a_challenge_that_is_no_base64_is_refused(text):
    """What cannot be decoded, or decodes to nothing, is no challenge."""
    with pytest.raises(RelayUnproven):
        scram().challenged(text)


@pytest.mark.parametrize("count", [MIN_ITERATIONS, MAX_ITERATIONS])
def test_counts_within_the_bounds_are_taken(count):
    """The bounds themselves are still good; nothing is computed before it is asked for."""
    talk = scram()
    talk.challenged(base64(b"r=ourstheirs,s=c2FsdA==,i=%d" % count))
    assert not talk.work.done


def test_extensions_behind_the_count_are_passed_over():
    """Only an extension in front of everything demands to be understood."""
    talk = scram()
    final = say(talk, CHALLENGE.encode() + b",x=new,y=er")
    assert final.startswith(b"c=biws,r=ourstheirs,p=")


def test_the_slow_step_is_done_once_wherever_it_is_done():
    """Run beforehand, as another thread would, it gives the same proof."""
    ahead, late = scram(), scram()
    ahead.challenged(base64(CHALLENGE.encode()))
    ahead.work.run()
    assert ahead.work.done
    late.challenged(base64(CHALLENGE.encode()))
    assert ahead.respond() == late.respond()


def test_what_could_be_used_to_try_passwords_is_marked_as_secret():
    """The proof and the server's signature are hidden from evidence, besides the line itself."""
    digest, nonce, _, challenge, proof, verdict = SHA_256
    talk = scram(digest=digest, nonce=nonce)
    talk.challenged(base64(challenge))
    response = talk.respond()
    assert response.secret
    assert response.hidden == (proof.rpartition(b",p=")[2].decode(), verdict[2:].decode())


@pytest.mark.parametrize(
    ("user", "password"), [("user", "a\nb"), ("us\0er", "pencil"), ("", "pencil"), ("user", "")]
)
def test_what_cannot_be_prepared_cannot_be_said(user, password):
    """User and password pass through SASLprep before anything is sent."""
    with pytest.raises(UnfitLogin):
        scram(user, password)
