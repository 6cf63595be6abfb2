"""A relay with several addresses, some of which are broken in one way or another."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest

from scriptedrelay import (
    GREETING,
    OFFER,
    Authority,
    Peer,
    Script,
    relay_settings,
    scripted_relay,
    within,
)
from tocsin.mail.envelope import Envelope
from tocsin.mail.relay import Encryption, RelayConnection, RelayFailure, RelayMemory, dial

MAIL = Envelope("m", "alarm@example.com", ("op@example.com",), b"Subject: x\r\n\r\nhi\r\n")
FIRST, SECOND = "127.0.0.2", "127.0.0.3"


@pytest.fixture(scope="module")
def authority():
    return Authority()


def good(authority: Authority) -> Script:
    async def script(peer: Peer) -> None:
        await peer.until_sign_in(authority)
        await peer.silence()

    return script


def until_answer(authority: Authority, answer: bytes) -> Script:
    """The sign-in is answered like this."""

    async def script(peer: Peer) -> None:
        await until_tls(peer)
        await peer.start_tls(authority.server_context())
        await peer.line()
        await peer.say(OFFER)
        await peer.line()
        await peer.say(answer)
        await peer.silence()

    return script


def offering(authority: Authority, offer: bytes) -> Script:
    async def script(peer: Peer) -> None:
        await until_tls(peer)
        await peer.start_tls(authority.server_context())
        await peer.line()
        await peer.say(offer)
        await peer.silence()

    return script


async def until_tls(peer: Peer) -> None:
    await peer.say(GREETING)
    await peer.line()
    await peer.say(OFFER)
    await peer.line()
    await peer.say(b"220 Go ahead\r\n")


async def drop_in_handshake(peer: Peer) -> None:
    await until_tls(peer)
    peer.reset()


async def without_starttls(peer: Peer) -> None:
    await peer.say(GREETING)
    await peer.line()
    await peer.say(b"250 relay.example.com\r\n")
    await peer.silence()


async def refuse_starttls(peer: Peer) -> None:
    await peer.say(GREETING)
    await peer.line()
    await peer.say(OFFER)
    await peer.line()
    await peer.say(b"454 TLS not available\r\n")
    await peer.silence()


async def turn_away(peer: Peer) -> None:
    await peer.say(b"554 no service here\r\n")


@contextlib.asynccontextmanager
async def two_addresses(monkeypatch, first: Script, second: Script) -> AsyncIterator[tuple]:
    """One name, two machines, one port."""
    async with (
        scripted_relay(second, host=SECOND) as two,
        scripted_relay(first, host=FIRST, port=two.port) as one,
    ):

        def look_up(_name, port):
            return [dial.Address(text, socket.AF_INET, (text, port)) for text in (FIRST, SECOND)]

        monkeypatch.setattr(dial, "_addresses", look_up)
        yield one, two


BROKEN = {
    "smtp.greeting-refused": turn_away,
    "smtp.starttls-missing": without_starttls,
    "smtp.starttls-refused": refuse_starttls,
    "tls.handshake-dropped": drop_in_handshake,
}


@pytest.mark.parametrize("code", [*BROKEN, "tls.untrusted-issuer", "auth.not-offered"])
async def test_one_bad_machine_of_two_is_passed_over_and_noted(monkeypatch, authority, code):
    """The mail goes to the other; next time that one comes first; the page can tell."""
    if code == "auth.not-offered":
        bad = offering(authority, b"250 relay.example.com\r\n")
    elif code == "tls.untrusted-issuer":
        bad = good(Authority())
    else:
        bad = BROKEN[code]
    async with two_addresses(monkeypatch, bad, good(authority)) as (one, two):
        settings = relay_settings(two.port, authority)
        memory = RelayMemory(settings)
        for _ in range(2):
            connection = RelayConnection(settings, memory)
            evidence = await connection.open()
            assert evidence.address == SECOND
            assert evidence.chain
            assert connection.usable
            await connection.close()
        assert (len(one.peers), len(two.peers)) == (1, 2)
        assert not any(b"AUTH" in peer.heard for peer in one.peers)
    first, second = memory.addresses()
    assert (first.address, first.failures, first.resting) == (FIRST, 1, True)
    assert first.code in (code, "tls.incomplete-chain")
    assert first.finding.facts["address"] == FIRST
    assert (second.failures, second.finding) == (0, None)
    assert second.succeeded_at is not None


@pytest.mark.parametrize("answer", [b"535 no\r\n", b"454 not now\r\n", b""])
async def test_a_sign_in_is_tried_at_one_address_only(monkeypatch, authority, answer):
    """Wrong, not checkable now, or cut off: trying it elsewhere could lock the account."""
    script = until_answer(authority, answer)
    async with two_addresses(monkeypatch, script, good(authority)) as (one, two):
        deadlines = within() if answer else within(auth=0.2)
        settings = relay_settings(two.port, authority, deadlines=deadlines)
        memory = RelayMemory(settings)
        with pytest.raises(RelayFailure) as caught:
            await RelayConnection(settings, memory).open()
        assert (len(one.peers), len(two.peers)) == (1, 0)
    assert caught.value.finding.facts["stage"] == "auth"
    assert memory.addresses()[0].failures == 0


async def test_when_all_fail_the_one_that_got_furthest_is_told_with_its_evidence(
    monkeypatch, authority
):
    """An untrusted chain says more than a refused greeting, whichever came last."""
    stranger = Authority()
    async with two_addresses(monkeypatch, good(stranger), turn_away) as (_one, two):
        settings = relay_settings(two.port, authority)
        with pytest.raises(RelayFailure) as caught:
            await RelayConnection(settings).open()
    failure = caught.value
    assert failure.finding.code in ("tls.untrusted-issuer", "tls.incomplete-chain")
    assert failure.finding.facts["address"] == FIRST
    assert failure.evidence.address == FIRST
    assert failure.evidence.chain
    steps = [line.step for line in failure.evidence.transcript]
    assert steps.count("tcp") == 2


async def test_a_machine_that_fails_and_one_that_is_not_there(monkeypatch, authority):
    """The second refuses the connection: what the first said stands."""
    async with scripted_relay(turn_away, host=FIRST) as one:

        def look_up(_name, port):
            return [dial.Address(text, socket.AF_INET, (text, port)) for text in (FIRST, SECOND)]

        monkeypatch.setattr(dial, "_addresses", look_up)
        settings = relay_settings(one.port, authority)
        memory = RelayMemory(settings)
        with pytest.raises(RelayFailure) as caught:
            await RelayConnection(settings, memory).open()
    assert caught.value.finding.code == "smtp.greeting-refused"
    assert [each.code for each in memory.addresses()] == ["smtp.greeting-refused", "tcp.refused"]


async def test_an_address_that_failed_is_used_again_when_the_others_fail_too(
    monkeypatch, authority
):
    """Resting is not given up: it is only tried last."""
    scripts = (turn_away, good(authority))
    async with (
        scripted_relay(good(authority), turn_away, host=SECOND) as two,
        scripted_relay(*scripts, host=FIRST, port=two.port),
    ):

        def look_up(_name, port):
            return [dial.Address(text, socket.AF_INET, (text, port)) for text in (FIRST, SECOND)]

        monkeypatch.setattr(dial, "_addresses", look_up)
        settings = relay_settings(two.port, authority)
        memory = RelayMemory(settings)
        taken = []
        for _ in range(2):
            connection = RelayConnection(settings, memory)
            taken.append((await connection.open()).address)
            await connection.close()
    assert taken == [SECOND, FIRST]


@pytest.mark.parametrize("silent", [True, False])
async def test_a_machine_that_takes_us_in_and_then_no_message_comes_last_next_time(
    monkeypatch, authority, silent
):
    """It signs us in and falls silent, or hangs up: the next connection goes to the other."""

    async def useless(peer: Peer) -> None:
        await peer.until_sign_in(authority)
        await peer.line()
        if silent:
            await peer.silence()

    async with two_addresses(monkeypatch, useless, good(authority)) as (_one, two):
        settings = relay_settings(two.port, authority, deadlines=within(mail=0.2))
        memory = RelayMemory(settings)
        first = RelayConnection(settings, memory)
        assert (await first.open()).address == FIRST
        (told,) = await first.deliver([MAIL])
        await first.close()
        assert told.finding.code == ("smtp.timeout" if silent else "smtp.closed-early")
        second = RelayConnection(settings, memory)
        assert (await second.open()).address == SECOND
        await second.close()
    assert memory.addresses()[0].code == told.finding.code


async def test_closing_in_the_middle_of_a_batch_is_no_fault_of_the_address(monkeypatch, authority):
    """We dropped it, not the relay."""
    reached = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.until_sign_in(authority)
        await peer.line()
        reached.set()
        await peer.silence()

    async with two_addresses(monkeypatch, script, good(authority)) as (_one, two):
        settings = relay_settings(two.port, authority)
        memory = RelayMemory(settings)
        connection = RelayConnection(settings, memory)
        await connection.open()
        delivery = asyncio.create_task(connection.deliver([MAIL]))
        await reached.wait()
        await connection.close()
        await delivery
    assert memory.addresses()[0].failures == 0


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as one:
            one.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="needs IPv6 on loopback")
@pytest.mark.parametrize("served", ["::1", "127.0.0.1"])
async def test_both_families_are_tried(monkeypatch, served):
    """Whichever of the two the relay answers at is used."""

    async def hello(peer: Peer) -> None:
        await peer.say(GREETING)
        await peer.line()
        await peer.say(b"250 relay.example.com\r\n")
        await peer.silence()

    def look_up(_name, port):
        return [
            dial.Address("::1", socket.AF_INET6, ("::1", port, 0, 0)),
            dial.Address("127.0.0.1", socket.AF_INET, ("127.0.0.1", port)),
        ]

    monkeypatch.setattr(dial, "_addresses", look_up)
    async with scripted_relay(hello, host=served) as relay:
        settings = relay_settings(relay.port, encryption=Encryption.NONE)
        memory = RelayMemory(settings)
        connection = RelayConnection(settings, memory)
        evidence = await connection.open()
        await connection.close()
    assert evidence.address == served
    by_address = {each.address: each for each in memory.addresses()}
    assert by_address[served].succeeded_at is not None
    assert by_address[served].failures == 0


async def test_a_reset_before_we_looked_is_told_like_one_a_moment_later(monkeypatch, authority):
    """Also when connecting itself reports it: somebody was there, and hung up."""

    async def reset(_address: dial.Address, _seconds: float) -> socket.socket:
        raise ConnectionResetError(104, "Connection reset by peer")

    monkeypatch.setattr(dial, "_connect", reset)
    codes = []
    for encryption in (Encryption.STARTTLS, Encryption.SMTPS):
        settings = relay_settings(25, authority, encryption, host="127.0.0.1")
        with pytest.raises(RelayFailure) as caught:
            await RelayConnection(settings).open()
        codes.append(caught.value.finding.code)
        assert caught.value.finding.facts["address"] == "127.0.0.1"
        assert caught.value.evidence.transcript[-1].received == "(connection reset)"
        assert caught.value.evidence.transcript[-2].received == "connected"
    assert codes == ["smtp.closed-early", "tls.handshake-dropped"]
