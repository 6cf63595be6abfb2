"""From greeting to sign-in, against scripted servers."""

from __future__ import annotations

from base64 import b64decode, b64encode

import pytest

from scramserver import ScramServer
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
        ([b"250-\r\n" * 10_000], fails.NotSmtp, Step.GREETING),
        ([b"220 \0\0\0" + b"\0" * 1_000_000], fails.NotSmtp, Step.GREETING),
        ([b"\0" * 4], fails.NotSmtp, Step.GREETING),
        ([GREETING, b"250-x\r\n" * 10_000], fails.NotSmtp, Step.EHLO),
        ([GREETING, SES, SES], fails.NotSmtp, Step.STARTTLS),
        ([GREETING, SES, READY, TLS, SES, SIGNED_IN + SIGNED_IN], fails.NotSmtp, Step.AUTH),
    ],
)
def test_each_way_to_fail_has_its_name_and_its_step(script, kind, step):
    """The failure says what happened and where; nothing more is said afterwards."""
    talk = opening()
    play(talk, *script)
    assert type(talk.failure) is kind
    assert talk.failure.step is step
    if kind is fails.Refused:
        assert (talk.failure.ended_by, talk.failure.reply.code) == ("relay", int(script[-1][:3]))
    else:
        assert (talk.failure.ended_by, talk.failure.reply) == ("us", None)
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


def test_a_failure_carries_code_enhanced_code_and_text():
    """What the relay said stands apart from who gave up and in which step."""
    talk = opening()
    play(talk, GREETING, SES, READY, TLS, SES, b"535-5.7.8 no\r\n535 5.7.8 such user\r\n")
    failure = talk.failure
    assert (failure.step, failure.ended_by) == (Step.AUTH, fails.Side.RELAY)
    assert (failure.reply.code, failure.reply.enhanced) == (535, "5.7.8")
    assert failure.reply.text == "no such user"


@pytest.mark.parametrize(
    ("failure", "side"),
    [
        (fails.Closed(Step.EHLO, "closed"), "relay"),
        (fails.Closed(Step.EHLO, "reset"), "relay"),
        (fails.Closed(Step.EHLO, "dropped by us"), "us"),
        (fails.Unanswered(Step.EHLO, 30.0), "us"),
    ],
)
def test_a_lost_connection_says_who_ended_it(failure, side):
    """To leave is the relay's doing, to stop waiting is ours."""
    talk = opening()
    play(talk, GREETING)
    talk.lost(failure, 1.0)
    assert talk.failure.ended_by == side


# ---------------------------------------------------------------------- sign-in by SCRAM

SCRAM = b"250-relay.example.com\r\n250 AUTH PLAIN SCRAM-SHA-1 SCRAM-SHA-256\r\n"
USER = "AKIAEXAMPLE"


def challenge(message: bytes) -> bytes:
    return b"334 " + b64encode(message) + b"\r\n"


def signing_in(login=LOGIN, offer=SCRAM) -> tuple[Opening, bytes]:
    """An opening under TLS, and the AUTH command that it says to the offer."""
    talk = opening(Encryption.SMTPS, login)
    return talk, play(talk, TLS, GREETING, offer)[-1]


def proof_for(talk: Opening, command: bytes, server: ScramServer) -> bytes:
    """Answer the first message by the server's challenge; what the client proves then."""
    assert command.startswith(b"AUTH SCRAM-SHA-256 ")
    (said,) = play(talk, challenge(server.challenge(b64decode(command.split()[2]))))
    return b64decode(said)


def test_scram_is_preferred_and_the_relay_proves_itself():
    """Four lines, the last an empty one; only then is 235 believed."""
    server = ScramServer(USER, PASSWORD)
    talk, command = signing_in()
    verdict = server.judge(proof_for(talk, command, server))
    assert play(talk, challenge(verdict), SIGNED_IN) == [b"\r\n", b""]
    assert talk.done
    assert talk.failure is None
    assert [line.sent for line in talk.transcript][-3:] == [
        "AUTH SCRAM-SHA-256 *** (user)",
        "*** (proof)",
        "",
    ]


def test_nothing_that_helps_to_guess_the_password_gets_into_the_evidence():
    """Neither our proof nor the relay's signature, however the relay repeats them."""
    server = ScramServer(USER, PASSWORD)
    talk, command = signing_in()
    final = proof_for(talk, command, server)
    proof, verdict = final.rpartition(b"p=")[2], server.judge(final)
    line, signature = b64encode(final), verdict[2:]
    echo = b"535 " + b" ".join((final, line, proof, verdict)) + b"\r\n"
    play(talk, challenge(verdict + b",x=more"), echo)
    told = repr(talk.transcript) + repr(talk.failure.reply) + str(talk.failure)
    for secret in (PASSWORD.encode(), proof, line, signature, b64encode(verdict)[:40]):
        assert secret.decode() not in told
    assert talk.transcript[-2].received == "334 ***"


@pytest.mark.parametrize(
    "script",
    [
        [SIGNED_IN],
        [challenge(b"v=AAAA")],
        [challenge(b"e=other-error"), SIGNED_IN],
        [b"334 \r\n"],
        [b"334 no base64\r\n"],
    ],
    ids=["at once", "wrong signature", "error", "empty", "nonsense"],
)
def test_a_relay_that_does_not_prove_itself_is_left(script):
    """To be told that we are signed in is not enough: it may be anybody who says so."""
    talk, command = signing_in()
    proof_for(talk, command, ScramServer(USER, PASSWORD))
    play(talk, *script)
    assert type(talk.failure) is fails.RelayUnproven
    assert (talk.failure.step, talk.failure.ended_by) == (Step.AUTH, "us")
    assert talk.outgoing() == b""


def test_the_reason_of_a_refused_proof_is_in_the_failure():
    """The relay's e= and its reply stand together."""
    server = ScramServer(USER, "another")
    talk, command = signing_in()
    verdict = server.judge(proof_for(talk, command, server))
    said = play(talk, challenge(verdict), b"535 5.7.8 no\r\n")
    assert said == [b"\r\n", b""]
    assert type(talk.failure) is fails.Refused
    assert talk.failure.words == "535 5.7.8 no (invalid-proof)"
    assert talk.failure.reply.text == "no"


def test_a_relay_that_asks_on_and_on_is_left():
    """After its proof there is nothing left to ask."""
    server = ScramServer(USER, PASSWORD)
    talk, command = signing_in()
    verdict = server.judge(proof_for(talk, command, server))
    play(talk, challenge(verdict), challenge(b"more"))
    assert type(talk.failure) is fails.NotSmtp


def test_the_slow_step_may_be_done_elsewhere():
    """While there is work nothing leaves; done by another or not, the same goes out."""
    server = ScramServer(USER, PASSWORD)
    talk, command = signing_in()
    assert talk.work is None
    talk.receive(challenge(server.challenge(b64decode(command.split()[2]))), 4.0)
    work = talk.work
    assert not work.done
    work.run()
    assert talk.work is None
    verdict = server.judge(b64decode(talk.outgoing()))
    assert verdict.startswith(b"v=")
    assert talk.step is Step.AUTH


@pytest.mark.parametrize("what", ["answered", "lost"])
def test_a_conversation_that_ends_during_the_slow_step_says_nothing_more(what):
    """An answer before the question ends it, as does the end of the connection."""
    server = ScramServer(USER, PASSWORD)
    talk, command = signing_in()
    talk.receive(challenge(server.challenge(b64decode(command.split()[2]))), 4.0)
    if what == "answered":
        talk.receive(SIGNED_IN, 5.0)
        assert type(talk.failure) is fails.NotSmtp
    else:
        talk.lost(fails.Unanswered(Step.AUTH, 30.0), 5.0)
    assert talk.done
    assert talk.work is None
    assert talk.outgoing() == b""


# ---------------------------------------------------------------------- sign-in by choice

EVERYTHING = b"250-relay.example.com\r\n250 AUTH SCRAM-SHA-256 XOAUTH2 LOGIN PLAIN\r\n"
TOKEN = "ya29." + "t" * 40


def test_a_token_that_is_refused_says_its_status():
    """The reason comes in a challenge, which wants an empty line before the refusal."""
    talk, command = signing_in(Login("op@example.com", Secret(TOKEN), "xoauth2"), EVERYTHING)
    token = b64encode(b"user=op@example.com\1auth=Bearer " + TOKEN.encode() + b"\1\1")
    assert command == b"AUTH XOAUTH2 " + token + b"\r\n"
    reason = b'{"status":"401","schemes":"bearer","scope":"https://mail.example.com/"}'
    echo = b"535 5.7.8 not " + TOKEN.encode() + b" in " + token + b"\r\n"
    assert play(talk, challenge(reason), echo) == [b"\r\n", b""]
    assert talk.failure.words == "535 5.7.8 not *** in *** (token status 401)"
    told = repr(talk.transcript) + str(talk.failure)
    assert TOKEN not in told
    assert token.decode() not in told


def test_the_reason_cannot_carry_the_token_into_the_evidence():
    """A relay that wraps the token in its JSON does not get it shown."""
    talk, _ = signing_in(Login("op@example.com", Secret(TOKEN), "xoauth2"), EVERYTHING)
    reason = b'{"status":"bad ' + TOKEN.encode() + b'"}'
    play(talk, challenge(reason), b"535 no\r\n")
    assert talk.failure.words == "535 no (token status bad ***)"
    assert talk.transcript[-2].received == "334 ***"


@pytest.mark.parametrize(
    ("mechanism", "command"),
    [("plain", b"AUTH PLAIN "), ("login", b"AUTH LOGIN\r\n"), ("scram", b"AUTH SCRAM-SHA-256 ")],
)
def test_a_setting_chooses_the_mechanism(mechanism, command):
    """What is chosen is spoken, whatever else is offered."""
    _, said = signing_in(Login(USER, Secret(PASSWORD), mechanism), EVERYTHING)
    assert said.startswith(command)


def test_a_chosen_mechanism_that_is_not_offered_is_not_replaced():
    """The failure names both; nothing of the password goes out."""
    talk, said = signing_in(Login(USER, Secret(PASSWORD), "scram"), SES)
    assert said == b""
    assert type(talk.failure) is fails.NoMechanism
    assert talk.failure.chosen == "scram"
    assert talk.failure.offered == ("PLAIN", "LOGIN")


@pytest.mark.parametrize(("mechanism", "name"), [("plain", b"PLAIN"), ("xoauth2", b"XOAUTH2")])
def test_what_does_not_fit_in_the_command_waits_for_a_challenge(mechanism, name):
    """A long token is not put into a command line above 512 bytes (RFC 4954 section 4)."""
    secret = "t" * 2_000
    talk, command = signing_in(Login(USER, Secret(secret), mechanism), EVERYTHING)
    assert command == b"AUTH " + name + b"\r\n"
    said = play(talk, b"334 \r\n", SIGNED_IN)
    assert secret.encode() in b64decode(said[0])
    assert talk.failure is None
    assert [line.sent for line in talk.transcript][-2:] == [f"AUTH {name.decode()}", "***"]
    assert b64encode(secret.encode()).decode()[:40] not in repr(talk.transcript)


@pytest.mark.parametrize("mechanism", ["plain", "xoauth2", "login"])
@pytest.mark.parametrize("secret", ["t" * 20_000, "nul\0", "\ud800"])
def test_what_cannot_be_said_is_not_said(mechanism, secret):
    """Longer than a line may be, or no text: we give up, and the failure says why."""
    talk, _ = signing_in(Login(USER, Secret(secret), mechanism), EVERYTHING)
    play(talk, *([b"334 \r\n"] * (0 if talk.done else 2)))
    assert type(talk.failure) is fails.UnfitLogin
    assert talk.failure.ended_by == "us"
    assert talk.outgoing() == b""


def test_nonsense_that_repeats_the_password_is_quoted_without_it():
    """Also what is no reply at all, and what comes unasked, shows no secret."""
    for nonsense in (PASSWORD.encode() + b"\r\n", SIGNED_IN + b"250 " + PASSWORD.encode()):
        talk = opening()
        play(talk, GREETING, SES, READY, TLS, SES, nonsense)
        assert type(talk.failure) is fails.NotSmtp
        assert PASSWORD.encode() not in talk.failure.received
        assert b"***" in talk.failure.received


def test_bytes_after_the_end_are_not_kept():
    """Whoever goes on talking to a conversation that is over fills no memory."""
    talk = opening()
    play(talk, b"554 no\r\n")
    for _ in range(100):
        assert talk.receive(b"x" * 10_000, 1.0) == []
    assert talk.reader.unread == b""
