"""Relays that misbehave on the wire: each ends in bounded time with the right code."""

from __future__ import annotations

import asyncio
from base64 import b64encode

import pytest

from scriptedrelay import (
    GREETING,
    OFFER,
    PASSWORD,
    PIPELINING,
    USER,
    Authority,
    Peer,
    relay_settings,
    scripted_relay,
    within,
)
from tocsin.mail.envelope import Envelope
from tocsin.mail.relay import Encryption, RelayConnection, RelayFailure

SHORT = 0.2
OK, GO = b"250 Ok\r\n", b"354 Go\r\n"


@pytest.fixture(scope="module")
def authority():
    return Authority()


def mails(count: int, content: bytes = b"Subject: x\r\n\r\nhi\r\n") -> list[Envelope]:
    return [
        Envelope(f"m{number}", "alarm@example.com", ("op@example.com",), content)
        for number in range(count)
    ]


async def failure_of(settings) -> RelayFailure:
    connection = RelayConnection(settings)
    with pytest.raises(RelayFailure) as caught:
        await connection.open()
    assert not connection.usable
    return caught.value


async def banner_of_one_megabyte(peer: Peer) -> None:
    await peer.say(b"220 " + b"x" * 1_000_000 + b"\r\n")
    await peer.silence()


async def endless_banner(peer: Peer) -> None:
    while True:
        await peer.say(b"220-welcome\r\n" * 100)


async def greeting_that_drips(peer: Peer) -> None:
    await peer.drip(GREETING * 100, 0.01)


async def answer_that_drips(peer: Peer) -> None:
    await peer.say(GREETING)
    await peer.line()
    await peer.drip(b"250-relay\r\n" * 100, 0.01)


async def cut_in_the_greeting(peer: Peer) -> None:
    await peer.say(b"220 rel")


async def reset_at_once(peer: Peer) -> None:
    peer.reset()


async def injection(peer: Peer) -> None:
    await peer.say(GREETING)
    await peer.line()
    await peer.say(OFFER)
    await peer.line()
    await peer.say(b"220 Go ahead\r\n250-relay\r\n250 AUTH PLAIN\r\n")
    await peer.silence()


async def clear_text_instead_of_tls(peer: Peer) -> None:
    await peer.say(GREETING)
    await peer.line()
    await peer.say(OFFER)
    await peer.line()
    await peer.say(b"220 Go ahead\r\n")
    await peer.line()
    await peer.say(b"500 what is this?\r\n")
    await peer.silence()


def after_starttls(end) -> object:
    async def script(peer: Peer) -> None:
        await peer.say(GREETING)
        await peer.line()
        await peer.say(OFFER)
        await peer.line()
        await peer.say(b"220 Go ahead\r\n")
        await end(peer)

    return script


def answering(*answers: bytes) -> object:
    """One answer for each line of the client, then silence."""

    async def script(peer: Peer) -> None:
        for answer in answers:
            await peer.say(answer)
            await peer.line()
        await peer.silence()

    return script


async def close(peer: Peer) -> None:
    await peer.line()


async def reset(peer: Peer) -> None:
    await peer.line()
    peer.reset()


@pytest.mark.parametrize(
    ("script", "code", "deadlines"),
    [
        (Peer.silence, "smtp.banner-timeout", within(greeting=SHORT)),
        (greeting_that_drips, "smtp.banner-timeout", within(greeting=SHORT)),
        (answering(b"220-never\r\n"), "smtp.banner-timeout", within(greeting=SHORT)),
        (Peer.close, "smtp.closed-early", within()),
        (cut_in_the_greeting, "smtp.closed-early", within()),
        (reset_at_once, "smtp.closed-early", within()),
        (banner_of_one_megabyte, "smtp.not-smtp", within()),
        (endless_banner, "smtp.not-smtp", within()),
        (answering(b"SSH-2.0-OpenSSH_9.2p1\r\n"), "smtp.not-smtp", within()),
        (answering(b"HTTP/1.1 400 Bad Request\r\n"), "smtp.not-smtp", within()),
        (answering(b"\x15\x03\x01\x00\x02\x02\x46"), "smtp.not-smtp", within()),
        (answering(b"554 no service\r\n"), "smtp.greeting-refused", within()),
        (answering(b"421 Too many concurrent SMTP connections\r\n"), None, within()),
        (answer_that_drips, "smtp.timeout", within(ehlo=SHORT)),
        (answering(GREETING, b"250 relay\r\n"), "smtp.starttls-missing", within()),
        (
            answering(b"220 *****************\r\n", b"250 relay\r\n"),
            "smtp.masked-by-firewall",
            within(),
        ),
        (
            answering(GREETING, b"250-relay\r\n250 XXXXXXXA\r\n"),
            "smtp.masked-by-firewall",
            within(),
        ),
        (answering(GREETING, OFFER, b"454 not now\r\n"), "smtp.starttls-refused", within()),
        (answering(GREETING, OFFER, b"502 what?\r\n"), "smtp.masked-by-firewall", within()),
        (answering(GREETING, OFFER), "smtp.timeout", within(starttls=SHORT)),
        (injection, "smtp.starttls-injection", within()),
        (clear_text_instead_of_tls, "tls.wrong-mode", within()),
        (after_starttls(Peer.silence), "tls.handshake-dropped", within(handshake=SHORT)),
        (after_starttls(close), "tls.handshake-dropped", within()),
        (after_starttls(reset), "tls.handshake-dropped", within()),
    ],
)
async def test_a_relay_that_fails_to_open_gets_its_code(authority, script, code, deadlines):
    """Every fault up to TLS has its own code, and nothing of the login was sent."""
    async with scripted_relay(script) as relay:
        settings = relay_settings(relay.port, authority, deadlines=deadlines)
        failure = await failure_of(settings)
    assert code is None or failure.finding.code == code
    assert failure.finding.facts["host"] == "localhost"
    assert failure.finding.facts["address"] == "127.0.0.1"
    assert failure.evidence.transcript
    assert all(b"AUTH" not in peer.heard for peer in relay.peers)
    assert not any(secret_form in peer.heard for peer in relay.peers for secret_form in secrets())


def secrets() -> tuple[bytes, ...]:
    plain = b64encode(f"\0{USER}\0{PASSWORD}".encode())
    return (PASSWORD.encode(), b64encode(PASSWORD.encode()), plain)


@pytest.mark.parametrize(
    ("names", "trusted", "code"),
    [((), False, "tls.untrusted-issuer"), (("mail.example.org",), True, "tls.name-mismatch")],
)
async def test_a_relay_that_cannot_be_verified_does_not_get_the_password(names, trusted, code):
    """Another issuer or another name: the conversation ends with the handshake."""
    authority = Authority()
    secret_heard = []

    async def script(peer: Peer) -> None:
        await peer.say(GREETING)
        await peer.line()
        await peer.say(OFFER)
        await peer.line()
        await peer.say(b"220 Go ahead\r\n")
        try:
            await peer.start_tls(authority.server_context(names))
            secret_heard.append(await peer.line())
        except OSError:
            secret_heard.append(b"")

    async with scripted_relay(script) as relay:
        shown = authority if trusted else Authority()
        failure = await failure_of(relay_settings(relay.port, shown))
    assert failure.finding.code in (code, "tls.incomplete-chain")
    assert failure.evidence.chain
    assert secret_heard in ([b""], [])


@pytest.mark.parametrize(
    ("offer", "answer", "code"),
    [
        (b"250 relay.example.com\r\n", b"", "auth.not-offered"),
        (b"250-relay\r\n250 AUTH CRAM-MD5 GSSAPI\r\n", b"", "auth.no-mechanism"),
        (OFFER, b"535 Authentication Credentials Invalid\r\n", "auth.rejected"),
        (OFFER, b"454 Temporary authentication failure\r\n", "auth.temporary"),
        (OFFER, b"535-no %s\r\n535 nor this\r\n" % secrets()[2], "auth.rejected"),
    ],
)
async def test_a_sign_in_that_fails_gets_its_code(authority, offer, answer, code):
    """The account's faults are told apart, and the password is in no evidence."""

    async def script(peer: Peer) -> None:
        await peer.say(GREETING)
        await peer.line()
        await peer.say(OFFER)
        await peer.line()
        await peer.say(b"220 Go ahead\r\n")
        await peer.start_tls(authority.server_context())
        await peer.line()
        await peer.say(offer)
        if await peer.line():
            await peer.say(answer)
        await peer.silence()

    async with scripted_relay(script) as relay:
        failure = await failure_of(relay_settings(relay.port, authority))
    assert failure.finding.code == code
    assert failure.evidence.tls_version is not None
    told = repr(failure.evidence.transcript) + repr(failure.finding)
    assert not any(form.decode() in told for form in secrets())


async def test_the_whole_opening_has_an_end(authority):
    """A relay that stays within each step's time cannot stretch the opening for ever."""

    async def script(peer: Peer) -> None:
        await peer.say(GREETING)
        await peer.silence()

    async with scripted_relay(script) as relay:
        deadlines = within(opening=SHORT)
        failure = await failure_of(relay_settings(relay.port, authority, deadlines=deadlines))
    assert failure.finding.code == "smtp.timeout"
    assert failure.finding.facts["stage"] == "ehlo"


# ---------------------------------------------------------------------- deliveries


def breaking(after: int, end, reply: bytes = b"") -> object:
    """Answers so many commands of the first message, then does `end`.

    1 to 3: MAIL, RCPT, DATA; 4: the content is read, `reply` said.
    """

    async def script(peer: Peer, authority: Authority) -> None:
        await peer.until_sign_in(authority)
        for answer in (OK, OK, GO)[:after]:
            await peer.line()
            await peer.say(answer)
        if after == 4:
            await peer.content()
            await peer.say(reply)
        else:
            await peer.line()
        await end(peer)

    return script


async def stop(peer: Peer) -> None:
    """The script ends here, and the connection with it."""


async def tear(peer: Peer) -> None:
    peer.reset()


@pytest.mark.parametrize(
    ("script", "deadlines", "expected"),
    [
        # (code of the first message, in doubt, untried); the other two are never begun
        (breaking(0, stop), within(), ("smtp.closed-early", False, False)),
        (breaking(0, tear), within(), ("smtp.closed-early", False, False)),
        (breaking(0, Peer.silence), within(mail=SHORT), ("smtp.timeout", False, False)),
        (breaking(1, stop), within(), ("smtp.closed-early", False, False)),
        (breaking(1, Peer.silence), within(rcpt=SHORT), ("smtp.timeout", False, False)),
        (breaking(2, stop), within(), ("smtp.closed-early", False, False)),
        (breaking(2, Peer.silence), within(data=SHORT), ("smtp.timeout", False, False)),
        (breaking(4, stop), within(), ("smtp.outcome-unknown", True, False)),
        (breaking(4, tear), within(), ("smtp.outcome-unknown", True, False)),
        (
            breaking(4, Peer.silence),
            within(body_reply=SHORT),
            ("smtp.outcome-unknown", True, False),
        ),
        (breaking(1, Peer.silence), within(envelope=SHORT), ("smtp.timeout", False, False)),
        (breaking(4, stop, b"25"), within(), ("smtp.outcome-unknown", True, False)),
        (breaking(4, stop, b"<html>\r\n"), within(), ("smtp.outcome-unknown", True, False)),
        (breaking(4, stop, b"421 going\r\n"), within(), ("smtp.temporary", False, False)),
    ],
)
async def test_a_break_in_the_middle_is_told_by_where_it_came(
    authority, script, deadlines, expected
):
    """Before the final dot it is safe to send again; after it only doubt is honest."""
    async with scripted_relay(lambda peer: script(peer, authority)) as relay:
        connection = RelayConnection(relay_settings(relay.port, authority, deadlines=deadlines))
        await connection.open()
        first, *rest = await connection.deliver(mails(3))
        assert not connection.usable
        await connection.close()
    assert (first.finding.code, first.in_doubt, first.untried) == expected
    assert not first.ok
    assert all(each.untried and not each.ok for each in rest)


async def test_a_drip_fed_answer_to_the_dot_is_bounded(authority):
    """Bytes that trickle in do not extend the deadline of the step."""

    async def script(peer: Peer) -> None:
        await peer.until_sign_in(authority)
        for answer in (OK, OK, GO):
            await peer.line()
            await peer.say(answer)
        await peer.content()
        await peer.drip(b"250-still thinking\r\n" * 100, 0.01)

    async with scripted_relay(script) as relay:
        settings = relay_settings(relay.port, authority, deadlines=within(body_reply=SHORT))
        connection = RelayConnection(settings)
        await connection.open()
        (told,) = await connection.deliver(mails(1))
        await connection.close()
    assert told.in_doubt
    assert told.finding.facts["reason"] == "not done within 0.2 s"


async def test_a_refusal_after_the_dot_is_not_success_and_the_next_message_goes(authority):
    """454 after the final dot refuses that message; the connection goes on."""

    async def script(peer: Peer) -> None:
        await peer.until_sign_in(authority)
        await peer.take_message(b"451 try again later\r\n")
        await peer.take_message(b"250 Ok second\r\n")
        await peer.silence()

    async with scripted_relay(script) as relay:
        connection = RelayConnection(relay_settings(relay.port, authority))
        await connection.open()
        first, second = await connection.deliver(mails(2))
        assert connection.usable
        await connection.close()
    assert (first.ok, first.finding.code, first.reply) == (
        False,
        "smtp.temporary",
        "451 try again later",
    )
    assert (second.ok, second.reply) == (True, "250 Ok second")


async def test_a_refusal_that_concerns_the_relay_stops_the_batch(authority):
    """Throttled by SES: the rest stays untried instead of being refused one by one."""

    async def script(peer: Peer) -> None:
        await peer.until_sign_in(authority)
        await peer.take_message(b"454 Throttling failure: Maximum sending rate exceeded.\r\n")
        await peer.silence()

    async with scripted_relay(script) as relay:
        connection = RelayConnection(relay_settings(relay.port, authority))
        await connection.open()
        told = await connection.deliver(mails(5))
        assert connection.usable
        await connection.close()
    assert [each.finding.code for each in told] == ["ses.rate-exceeded"] * 5
    assert [each.untried for each in told] == [False, True, True, True, True]


async def test_content_that_is_never_read_is_never_in_doubt(authority):
    """A relay that stops reading: the dot stays here, so nothing can have been delivered."""
    gone = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.until_sign_in(authority)
        for answer in (OK, OK, GO):
            await peer.line()
            await peer.say(answer)
        await gone.wait()

    async with scripted_relay(script) as relay:
        settings = relay_settings(relay.port, authority, deadlines=within(body=SHORT))
        connection = RelayConnection(settings)
        await connection.open()
        line = b"0123456789abcdef" * 4 + b"\r\n"
        (told,) = await connection.deliver(mails(1, line * 500_000))
        gone.set()
        await connection.close()
    assert told.finding.code == "smtp.timeout"
    assert not told.in_doubt
    assert not told.ok


@pytest.mark.parametrize(
    "notice",
    [
        b"451 4.4.2 Timeout waiting for data from client.\r\n",
        b"421 Connection closed by server. Maximum message count per session reached.\r\n",
    ],
)
async def test_a_notice_to_a_resting_connection_makes_it_unusable(authority, notice):
    """Read while idle: the connection says so before a message is risked on it."""
    said = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.until_sign_in(authority)
        await peer.take_message()
        await said.wait()
        await peer.say(notice)

    async with scripted_relay(script) as relay:
        connection = RelayConnection(relay_settings(relay.port, authority))
        await connection.open()
        (first,) = await connection.deliver(mails(1))
        assert connection.usable
        said.set()
        while connection.usable:  # noqa: ASYNC110 -- the flag is what is to be seen
            await asyncio.sleep(0)
        (second,) = await connection.deliver(mails(1))
        await connection.close()
    assert first.ok
    assert second.untried
    assert second.finding.facts["reply"].startswith(notice[:3].decode())


@pytest.mark.parametrize("code", [b"421", b"451"])
async def test_a_notice_that_crosses_a_message_leaves_it_untried(authority, code):
    """421 or 451 in answer to MAIL on a used connection: reconnect and send again."""

    async def script(peer: Peer) -> None:
        await peer.until_sign_in(authority)
        await peer.take_message()
        await peer.line()
        await peer.say(code + b" Timeout waiting for data from client.\r\n")

    async with scripted_relay(script) as relay:
        connection = RelayConnection(relay_settings(relay.port, authority))
        await connection.open()
        await connection.deliver(mails(1))
        told = await connection.deliver(mails(2))
        assert not connection.usable
        await connection.close()
    assert [each.untried for each in told] == [True, True]


async def test_a_used_connection_that_dies_unannounced_leaves_the_batch_untried(authority):
    """A cut before any answer on a used connection is its age, not the message."""

    async def script(peer: Peer) -> None:
        await peer.until_sign_in(authority)
        await peer.take_message()
        await peer.line()
        peer.reset()

    async with scripted_relay(script) as relay:
        connection = RelayConnection(relay_settings(relay.port, authority))
        await connection.open()
        await connection.deliver(mails(1))
        assert connection.reused
        told = await connection.deliver(mails(2))
        await connection.close()
    assert [each.untried for each in told] == [True, True]


async def test_a_pipelining_relay_that_dies_mid_batch_leaves_one_message_in_doubt(authority):
    """Of a window of 20 under way, those answered keep their answer and one is in doubt."""

    async def script(peer: Peer) -> None:
        await peer.until_sign_in(authority, PIPELINING)
        await peer.lines(3)
        await peer.say(OK + OK + GO)
        for number in range(7):
            await peer.content()
            await peer.lines(3)
            await peer.say(b"250 Ok %d\r\n" % number + OK + OK + GO)
        await peer.content()
        peer.reset()

    async with scripted_relay(script) as relay:
        connection = RelayConnection(relay_settings(relay.port, authority))
        await connection.open()
        told = await connection.deliver(mails(20))
        await connection.close()
    assert [each.ok for each in told] == [True] * 7 + [False] * 13
    assert [each.in_doubt for each in told] == [False] * 7 + [True] + [False] * 12
    assert [each.untried for each in told] == [False] * 8 + [True] * 12


async def test_answers_out_of_step_end_the_connection(authority):
    """An answer too many is noticed before it can be taken for the one to the dot."""

    async def script(peer: Peer) -> None:
        await peer.until_sign_in(authority)
        await peer.line()
        await peer.say(OK + OK + OK)
        await peer.silence()

    async with scripted_relay(script) as relay:
        connection = RelayConnection(relay_settings(relay.port, authority))
        await connection.open()
        first, second = await connection.deliver(mails(2))
        assert not connection.usable
        await connection.close()
    assert first.finding.code == "smtp.not-smtp"
    assert not first.in_doubt
    assert second.untried


@pytest.mark.parametrize(
    ("answers", "code", "in_doubt"),
    [
        # an answer to each of MAIL, RCPT, DATA and the dot; the last one makes no sense there
        ((b"354 Go\r\n",), "smtp.not-smtp", False),
        ((b"220 Welcome\r\n" * 2,), "smtp.not-smtp", False),
        ((OK, b"354 Go\r\n"), "smtp.not-smtp", False),
        ((OK, OK, b"250 Ok\r\n"), "smtp.not-smtp", False),
        ((OK, OK, b"235 Authentication successful.\r\n"), "smtp.not-smtp", False),
        ((OK, OK, GO, b"354 Go\r\n"), "smtp.outcome-unknown", True),
        ((OK, OK, GO, b"221 Bye\r\n"), "smtp.outcome-unknown", True),
        ((OK, OK, GO, b"250-Ok\r\n550 no\r\n"), "smtp.outcome-unknown", True),
        ((OK, OK, GO, b"250 " + b"x" * 1_000_000 + b"\r\n"), "smtp.outcome-unknown", True),
    ],
)
async def test_an_answer_that_makes_no_sense_ends_the_connection(
    authority, answers, code, in_doubt
):
    """Nothing rests on what follows it; only after the dot can there be doubt."""

    async def script(peer: Peer) -> None:
        await peer.until_sign_in(authority)
        for place, answer in enumerate(answers):
            await (peer.content() if place == 3 else peer.line())
            await peer.say(answer)
        await peer.silence()

    async with scripted_relay(script) as relay:
        connection = RelayConnection(relay_settings(relay.port, authority))
        await connection.open()
        first, second = await connection.deliver(mails(2))
        assert not connection.usable
        await connection.close()
    assert (first.finding.code, first.in_doubt, first.ok) == (code, in_doubt, False)
    assert second.untried


@pytest.mark.parametrize(
    ("answers", "in_doubt"),
    [
        (OK + GO + OK, False),  # RCPT and DATA exchanged
        (GO + OK + OK, False),
        (OK + OK + GO + OK, False),  # the dot answered before it was sent
        (OK + OK + GO + OK + OK + OK + GO, False),
    ],
)
async def test_answers_out_of_order_to_a_flight_end_the_connection(authority, answers, in_doubt):
    """With PIPELINING several answers come at once: each must fit its question."""

    async def script(peer: Peer) -> None:
        await peer.until_sign_in(authority, PIPELINING)
        await peer.lines(3)
        await peer.say(answers)
        await peer.silence()

    async with scripted_relay(script) as relay:
        connection = RelayConnection(relay_settings(relay.port, authority))
        await connection.open()
        first, second = await connection.deliver(mails(2))
        assert not connection.usable
        await connection.close()
    assert (first.ok, first.in_doubt) == (False, in_doubt)
    assert first.finding.code == "smtp.not-smtp"
    assert second.untried


async def test_a_relay_that_closes_amid_the_content_has_not_taken_it(authority):
    """It left before the dot was written: safe to send again."""

    async def script(peer: Peer) -> None:
        await peer.until_sign_in(authority)
        for answer in (OK, OK, GO):
            await peer.line()
            await peer.say(answer)
        await peer.line()
        peer.reset()

    async with scripted_relay(script) as relay:
        connection = RelayConnection(relay_settings(relay.port, authority))
        await connection.open()
        line = b"0123456789abcdef" * 4 + b"\r\n"
        first, second = await connection.deliver(mails(2, line * 500_000))
        await connection.close()
    assert (first.ok, first.in_doubt) == (False, False)
    assert first.finding.code == "smtp.closed-early"
    assert second.untried


@pytest.mark.parametrize(
    ("script", "code", "deadlines"),
    [
        (Peer.silence, "tls.handshake-dropped", within(handshake=SHORT)),
        (Peer.close, "tls.handshake-dropped", within()),
        (reset_at_once, "tls.handshake-dropped", within()),
        (banner_of_one_megabyte, "tls.wrong-mode", within()),
    ],
)
async def test_a_wrapper_port_that_misbehaves_gets_its_code(authority, script, code, deadlines):
    """With TLS from the first byte there is no greeting to wait for."""
    async with scripted_relay(script) as relay:
        settings = relay_settings(relay.port, authority, Encryption.SMTPS, deadlines=deadlines)
        failure = await failure_of(settings)
    assert failure.finding.code == code


@pytest.mark.parametrize("drips", [False, True])
async def test_silence_after_the_handshake_is_bounded(authority, drips):
    """TLS is up and nothing sensible comes any more."""

    async def script(peer: Peer) -> None:
        await peer.start_tls(authority.server_context())
        if drips:
            await peer.drip(GREETING * 100, 0.01)
        await peer.silence()

    async with scripted_relay(script) as relay:
        settings = relay_settings(
            relay.port, authority, Encryption.SMTPS, deadlines=within(greeting=SHORT)
        )
        failure = await failure_of(settings)
    assert failure.finding.code == "smtp.banner-timeout"
    assert failure.evidence.chain


async def test_answers_that_drip_in_the_middle_of_a_message_are_bounded(authority):
    """A byte now and then moves no deadline, before the dot as after it."""

    async def script(peer: Peer) -> None:
        await peer.until_sign_in(authority)
        await peer.line()
        await peer.drip(b"250-still thinking\r\n" * 100, 0.01)

    async with scripted_relay(script) as relay:
        settings = relay_settings(relay.port, authority, deadlines=within(mail=SHORT))
        connection = RelayConnection(settings)
        await connection.open()
        (told,) = await connection.deliver(mails(1))
        await connection.close()
    assert (told.finding.code, told.in_doubt) == ("smtp.timeout", False)


async def test_a_relay_deaf_to_quit_does_not_hold_the_end(authority):
    """Taking leave has a deadline too."""

    async def script(peer: Peer) -> None:
        await peer.until_sign_in(authority)
        await peer.silence()

    async with scripted_relay(script) as relay:
        connection = RelayConnection(
            relay_settings(relay.port, authority, deadlines=within(quit=SHORT))
        )
        await connection.open()
        await connection.close()
        assert not connection.usable


async def test_closing_in_the_middle_of_a_batch_tells_what_is_known(authority):
    """`close` breaks the batch off; `deliver` still returns an outcome for each message."""
    reached = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.until_sign_in(authority)
        await peer.take_message()
        await peer.line()
        reached.set()
        await peer.silence()

    async with scripted_relay(script) as relay:
        connection = RelayConnection(relay_settings(relay.port, authority))
        await connection.open()
        delivery = asyncio.create_task(connection.deliver(mails(3)))
        await reached.wait()
        await connection.close()
        told = await delivery
    assert [(each.ok, each.untried) for each in told] == [
        (True, False),
        (False, True),
        (False, True),
    ]


async def test_a_cancelled_delivery_ends_the_connection(authority):
    """Whoever cancels cannot know what was sent; the connection is not used again."""
    reached = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.until_sign_in(authority)
        await peer.line()
        reached.set()
        await peer.silence()

    async with scripted_relay(script) as relay:
        connection = RelayConnection(relay_settings(relay.port, authority))
        await connection.open()
        delivery = asyncio.create_task(connection.deliver(mails(1)))
        await reached.wait()
        delivery.cancel()
        with pytest.raises(asyncio.CancelledError):
            await delivery
        assert not connection.usable
        await connection.close()
