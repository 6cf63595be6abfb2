"""From greeting to sign-in, against scripted servers."""

from __future__ import annotations

from base64 import b64encode

import pytest

from tocsin.base.secret import Secret
from tocsin.mail.smtp import failure as fails
from tocsin.mail.smtp.opening import Encryption, Opening
from tocsin.mail.smtp.sasl import Login
from tocsin.mail.smtp.step import Step

PASSWORD = "correct horse battery staple"
LOGIN = Login("AKIAEXAMPLE", Secret(PASSWORD))
GREETING = b"220 email-smtp.amazonaws.com ESMTP SimpleEmailService-d-VCSHDP1YZ A1b2\r\n"
SES = (
    b"250-email-smtp.amazonaws.com\r\n250-8BITMIME\r\n250-STARTTLS\r\n"
    b"250-AUTH PLAIN LOGIN\r\n250 Ok\r\n"
)
READY = b"220 Ready to start TLS\r\n"
SIGNED_IN = b"235 Authentication successful.\r\n"
TLS = b""
"""Stands in a script where the handshake is done."""


def opening(encryption=Encryption.STARTTLS, login=LOGIN):
    return Opening(helo="sensor.example.com", encryption=encryption, login=login)


def play(talk: Opening, *script: bytes) -> list[bytes]:
    """Give the server's lines one by one; what the client said in between."""
    said = []
    for at, line in enumerate(script):
        if line == TLS:
            assert talk.step is Step.TLS
            talk.secured(float(at), "TLSv1.3, TLS_AES_256_GCM_SHA384")
        else:
            talk.receive(line, float(at))
        said.append(talk.outgoing())
    return said


def test_starttls_and_plain_as_with_amazon_ses():
    """The whole way, word for word: EHLO, STARTTLS, EHLO again under TLS, AUTH PLAIN."""
    talk = opening()
    said = play(talk, GREETING, SES, READY, TLS, SES, SIGNED_IN)
    token = b64encode(b"\0AKIAEXAMPLE\0" + PASSWORD.encode())
    assert said == [
        b"EHLO sensor.example.com\r\n",
        b"STARTTLS\r\n",
        b"",
        b"EHLO sensor.example.com\r\n",
        b"AUTH PLAIN " + token + b"\r\n",
        b"",
    ]
    assert talk.done
    assert talk.failure is None
    assert talk.capabilities.eight_bit


def test_the_transcript_names_every_step_and_hides_the_password():
    """Each step stands with its time, what was said and heard; the password never does."""
    talk = opening()
    play(talk, GREETING, SES, READY, TLS, SES, SIGNED_IN)
    assert [(line.at, line.step, line.sent) for line in talk.transcript] == [
        (0.0, "greeting", ""),
        (1.0, "ehlo", "EHLO sensor.example.com"),
        (2.0, "starttls", "STARTTLS"),
        (3.0, "tls", "ClientHello"),
        (4.0, "ehlo", "EHLO sensor.example.com"),
        (5.0, "auth", "AUTH PLAIN ***"),
    ]
    assert talk.transcript[1].received == SES.decode().replace("\r\n", "\n").rstrip()
    assert talk.transcript[3].received == "TLSv1.3, TLS_AES_256_GCM_SHA384"


def test_login_is_spoken_when_plain_is_not_offered():
    """AUTH LOGIN in three lines, each secret one masked in the transcript."""
    talk = opening(Encryption.SMTPS)
    offer = b"250-relay.example.com\r\n250 AUTH LOGIN\r\n"
    user, password = b"334 VXNlcm5hbWU6\r\n", b"334 UGFzc3dvcmQ6\r\n"
    said = play(talk, TLS, GREETING, offer, user, password, SIGNED_IN)
    assert said == [
        b"",
        b"EHLO sensor.example.com\r\n",
        b"AUTH LOGIN\r\n",
        b64encode(b"AKIAEXAMPLE") + b"\r\n",
        b64encode(PASSWORD.encode()) + b"\r\n",
        b"",
    ]
    assert talk.failure is None
    assert [line.sent for line in talk.transcript][-3:] == [
        "AUTH LOGIN",
        "*** (user)",
        "*** (password)",
    ]


def test_without_a_login_there_is_no_auth():
    """A relay that trusts by address is not asked to sign us in."""
    talk = opening(login=None)
    said = play(talk, GREETING, SES, READY, TLS, SES)
    assert talk.done
    assert talk.failure is None
    assert not any(b"AUTH" in each for each in said)


def test_without_encryption_an_old_relay_is_greeted_with_helo():
    """RFC 5321 section 3.2: EHLO unknown, then HELO; and nothing is offered."""
    talk = opening(Encryption.NONE, login=None)
    said = play(talk, GREETING, b"502 what?\r\n", b"250 hello\r\n")
    assert said[1] == b"HELO sensor.example.com\r\n"
    assert talk.done
    assert talk.failure is None
    assert not talk.capabilities.keywords


def test_a_password_without_encryption_is_refused_at_once():
    """There is no way to even construct such a conversation."""
    with pytest.raises(ValueError, match="never sent without encryption"):
        opening(Encryption.NONE)


NO_STARTTLS = b"250-relay.example.com\r\n250 AUTH PLAIN LOGIN\r\n"
MASKED = b"250-relay.example.com\r\n250-XXXXXXXA\r\n250 8BITMIME\r\n"


@pytest.mark.parametrize(
    ("script", "kind", "step"),
    [
        ([b"554 No SMTP service here\r\n"], fails.Refused, Step.GREETING),
        ([b"421 Too many concurrent SMTP connections\r\n"], fails.Refused, Step.GREETING),
        ([b"SSH-2.0-OpenSSH_9.2p1\r\n"], fails.NotSmtp, Step.GREETING),
        ([b"250 an answer for a greeting\r\n"], fails.NotSmtp, Step.GREETING),
        ([b"220 " + b"x" * 1_000_000], fails.NotSmtp, Step.GREETING),
        ([b"220-x\r\n" * 100_000], fails.NotSmtp, Step.GREETING),
        ([GREETING + b"250 too early\r\n"], fails.NotSmtp, Step.EHLO),
        ([GREETING, b"421 closing\r\n"], fails.Refused, Step.EHLO),
        ([GREETING, b"550 go away\r\n"], fails.Refused, Step.EHLO),
        ([GREETING, b"500 what?\r\n"], fails.Refused, Step.EHLO),
        ([b"220 *********02**\r\n", b"500 what?\r\n"], fails.Masked, Step.EHLO),
        ([b"220 *********02**\r\n", NO_STARTTLS], fails.Masked, Step.EHLO),
        ([GREETING, MASKED], fails.Masked, Step.EHLO),
        ([GREETING, NO_STARTTLS], fails.StartTlsMissing, Step.EHLO),
        ([GREETING, SES, b"454 TLS not available\r\n"], fails.Refused, Step.STARTTLS),
        ([GREETING, SES, b"501 Syntax error\r\n"], fails.Refused, Step.STARTTLS),
        ([GREETING, SES, b"502 unknown\r\n"], fails.Masked, Step.STARTTLS),
        ([GREETING, SES, b"250 fine\r\n"], fails.NotSmtp, Step.STARTTLS),
        ([GREETING, SES, READY + b"250-AUTH PLAIN\r\n"], fails.StartTlsInjection, Step.STARTTLS),
        ([GREETING, SES, READY + b"\x16\x03\x03"], fails.StartTlsInjection, Step.STARTTLS),
        ([GREETING, SES, READY, TLS, b"250 relay\r\n"], fails.AuthNotOffered, Step.AUTH),
        (
            [GREETING, SES, READY, TLS, b"250-relay\r\n250 AUTH CRAM-MD5 GSSAPI\r\n"],
            fails.NoMechanism,
            Step.AUTH,
        ),
        ([GREETING, SES, READY, TLS, SES, b"535 no\r\n"], fails.Refused, Step.AUTH),
        ([GREETING, SES, READY, TLS, SES, b"454 later\r\n"], fails.Refused, Step.AUTH),
        ([GREETING, SES, READY, TLS, SES, b"250 eh?\r\n"], fails.NotSmtp, Step.AUTH),
        ([GREETING, SES, READY, TLS, SES, b"334 more\r\n"], fails.NotSmtp, Step.AUTH),
    ],
)
def test_each_way_to_fail_has_its_name_and_its_step(script, kind, step):
    """The failure says what happened and where; nothing more is said afterwards."""
    talk = opening()
    play(talk, *script)
    assert type(talk.failure) is kind
    assert talk.failure.step is step
    assert talk.done
    assert talk.outgoing() == b""
    assert talk.receive(b"250 whatever\r\n", 9.0) == []


def test_nothing_from_before_the_handshake_is_believed_after_it():
    """What was offered in the clear is forgotten (RFC 3207 section 4.2)."""
    talk = opening()
    play(talk, GREETING, SES, READY, TLS, b"250-relay.example.com\r\n250 PIPELINING\r\n")
    assert type(talk.failure) is fails.AuthNotOffered


def test_the_password_does_not_leave_before_tls():
    """However the relay answers in the clear, no byte of the password goes out."""
    talk = opening()
    forged = b"250-relay.example.com\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n"
    for reply in (GREETING, forged, SIGNED_IN, b"334 UGFzc3dvcmQ6\r\n", SIGNED_IN):
        talk.receive(reply, 0.0)
        said = talk.outgoing()
        assert PASSWORD.encode() not in said
        assert b"AUTH" not in said


def test_a_relay_that_repeats_the_password_does_not_get_it_into_the_evidence():
    """The echo of a sign-in shows as *** in the transcript and in the failure."""
    talk = opening()
    token = b64encode(b"\0AKIAEXAMPLE\0" + PASSWORD.encode())
    echo = b"535-no: AUTH PLAIN " + token + b"\r\n535 nor " + PASSWORD.encode() + b"\r\n"
    play(talk, GREETING, SES, READY, TLS, SES, echo)
    assert isinstance(talk.failure, fails.Refused)
    told = repr(talk.transcript) + repr(talk.failure.reply) + str(talk.failure)
    assert PASSWORD not in told
    assert token.decode() not in told


def test_a_connection_lost_leaves_a_line_in_the_transcript():
    """What was being waited for, and that nothing came, is kept."""
    talk = opening()
    play(talk, GREETING)
    talk.lost(fails.Unanswered(Step.EHLO, 30.0), 31.5)
    last = talk.transcript[-1]
    assert (last.at, last.step, last.sent) == (31.5, "ehlo", "EHLO sensor.example.com")
    assert last.received == "(not done within 30 s)"
    assert isinstance(talk.failure, fails.Unanswered)
