"""Outcomes that are told while the rest of their batch is still under way."""

from __future__ import annotations

import asyncio

import pytest

from scriptedrelay import PIPELINING, Authority, Peer, relay_settings, scripted_relay, within
from tocsin.mail.envelope import Envelope
from tocsin.mail.relay import RelayConnection, RelayMemory, SendOutcome

OK, GO = b"250 Ok\r\n", b"354 Go\r\n"


@pytest.fixture(scope="module")
def authority():
    return Authority()


def mails(count: int) -> list[Envelope]:
    return [
        Envelope(
            f"m{number}", "alarm@example.com", ("op@example.com",), b"Subject: x\r\n\r\nhi\r\n"
        )
        for number in range(count)
    ]


class Heard:
    """What was told, in the order it came."""

    def __init__(self) -> None:
        self.told: list[tuple[int, SendOutcome]] = []
        self.first = asyncio.Event()

    def __call__(self, ended: list[tuple[int, SendOutcome]]) -> None:
        self.told += ended
        self.first.set()

    def agrees_with(self, outcomes: list[SendOutcome]) -> bool:
        """Each message once, with the outcome that is returned in the end."""
        return sorted(self.told, key=lambda each: each[0]) == list(enumerate(outcomes))


async def opened(relay, authority, **changes) -> RelayConnection:
    connection = RelayConnection(relay_settings(relay.port, authority, **changes))
    await connection.open()
    return connection


@pytest.mark.parametrize("pipelined", [False, True], ids=["one by one", "pipelined"])
async def test_the_first_is_told_before_the_second_is_answered(authority, pipelined):
    """Whoever records it then has one message less in doubt after a crash."""
    heard = Heard()

    async def script(peer: Peer) -> None:
        if pipelined:
            await peer.until_sign_in(authority, PIPELINING)
            await peer.lines(3)
            await peer.say(OK + OK + GO)
            await peer.content()
            await peer.lines(3)
            await peer.say(b"250 Ok first\r\n" + OK + OK + GO)
            await peer.content()
            await heard.first.wait()
            await peer.say(b"250 Ok second\r\n")
        else:
            await peer.until_sign_in(authority)
            await peer.take_message(b"250 Ok first\r\n")
            await heard.first.wait()
            await peer.take_message(b"250 Ok second\r\n")
        await peer.silence()

    async with scripted_relay(script) as relay:
        connection = await opened(relay, authority)
        outcomes = await connection.deliver(mails(2), heard)
        await connection.close()
    assert [each.reply for _, each in heard.told] == ["250 Ok first", "250 Ok second"]
    assert [place for place, _ in heard.told] == [0, 1]
    assert heard.agrees_with(outcomes)


async def test_what_cannot_be_sent_is_told_too(authority):
    """An unfit message among good ones, and each of them exactly once."""

    async def script(peer: Peer) -> None:
        await peer.until_sign_in(authority)
        await peer.take_message()
        await peer.take_message(b"554 rejected\r\n")
        await peer.silence()

    async with scripted_relay(script) as relay:
        connection = await opened(relay, authority)
        heard = Heard()
        good, nobody, other = mails(3)
        batch = [Envelope("none", "a@example.com", (), b""), good, nobody]
        batch += [Envelope("bare", other.sender, other.recipients, b"a\nb")]
        outcomes = await connection.deliver(batch, heard)
        await connection.close()
    assert [each.ok for each in outcomes] == [False, True, False, False]
    assert heard.agrees_with(outcomes)


async def test_a_break_tells_the_rest_with_what_is_known(authority):
    """Answered, in doubt, untried: all are told, once."""

    async def script(peer: Peer) -> None:
        await peer.until_sign_in(authority, PIPELINING)
        await peer.lines(3)
        await peer.say(OK + OK + GO)
        await peer.content()
        await peer.lines(3)
        await peer.say(b"250 Ok first\r\n" + OK + OK + GO)
        await peer.content()
        peer.reset()

    async with scripted_relay(script) as relay:
        connection = await opened(relay, authority)
        heard = Heard()
        outcomes = await connection.deliver(mails(4), heard)
        await connection.close()
    assert [each.ok for each in outcomes] == [True, False, False, False]
    assert [each.in_doubt for each in outcomes] == [False, True, False, False]
    assert [each.untried for each in outcomes] == [False, False, True, True]
    assert heard.agrees_with(outcomes)


async def test_a_deadline_tells_the_rest_too(authority):
    """A relay that falls silent after the dot."""

    async def script(peer: Peer) -> None:
        await peer.until_sign_in(authority)
        for answer in (OK, OK, GO):
            await peer.line()
            await peer.say(answer)
        await peer.content()
        await peer.silence()

    async with scripted_relay(script) as relay:
        connection = await opened(relay, authority, deadlines=within(body_reply=0.2))
        heard = Heard()
        outcomes = await connection.deliver(mails(2), heard)
        await connection.close()
    assert [each.in_doubt for each in outcomes] == [True, False]
    assert heard.agrees_with(outcomes)


async def test_a_cancelled_delivery_still_tells_what_became_of_each(authority):
    """Whoever cancels learns which one is in doubt, instead of doubting all."""
    reached = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.until_sign_in(authority)
        await peer.take_message()
        for answer in (OK, OK, GO):
            await peer.line()
            await peer.say(answer)
        await peer.content()
        reached.set()
        await peer.silence()

    async with scripted_relay(script) as relay:
        connection = await opened(relay, authority)
        heard = Heard()
        delivery = asyncio.create_task(connection.deliver(mails(4), heard))
        await reached.wait()
        delivery.cancel()
        with pytest.raises(asyncio.CancelledError):
            await delivery
        assert not connection.usable
        await connection.close()
    assert [place for place, _ in heard.told] == [0, 1, 2, 3]
    assert [each.ok for _, each in heard.told] == [True, False, False, False]
    assert [each.in_doubt for _, each in heard.told] == [False, True, False, False]
    assert [each.untried for _, each in heard.told] == [False, False, True, True]


async def test_a_halted_batch_tells_those_left(authority):
    """After a refusal of the relay as a whole the rest is told as untried."""

    async def script(peer: Peer) -> None:
        await peer.until_sign_in(authority)
        await peer.take_message(b"454 Throttling failure: Maximum sending rate exceeded.\r\n")
        await peer.silence()

    async with scripted_relay(script) as relay:
        connection = await opened(relay, authority)
        heard = Heard()
        outcomes = await connection.deliver(mails(3), heard)
        await connection.close()
    assert [each.untried for each in outcomes] == [False, True, True]
    assert heard.agrees_with(outcomes)


async def test_a_connection_that_is_gone_tells_all_as_untried(authority):
    """Nothing was said, and that is told in the same way."""
    connection = RelayConnection(relay_settings(1, authority))
    heard = Heard()
    outcomes = await connection.deliver(mails(2), heard)
    assert [each.untried for each in outcomes] == [True, True]
    assert heard.agrees_with(outcomes)


async def test_the_pace_is_measured_as_messages_are_answered(authority):
    """A relay that takes 50 ms to answer: a round trip, and at least four of them a message."""

    async def script(peer: Peer) -> None:
        await peer.until_sign_in(authority)
        for _ in range(2):
            for answer in (OK, OK, GO):
                await peer.line()
                await asyncio.sleep(0.05)
                await peer.say(answer)
            await peer.content()
            await asyncio.sleep(0.05)
            await peer.say(OK)
        await peer.silence()

    async with scripted_relay(script) as relay:
        settings = relay_settings(relay.port, authority)
        memory = RelayMemory(settings)
        connection = RelayConnection(settings, memory)
        assert (connection.round_trip, connection.seconds_per_message) == (None, None)
        await connection.open()
        opening = connection.round_trip
        assert opening is not None
        assert connection.seconds_per_message is None
        await connection.deliver(mails(2))
        assert connection.round_trip > opening
        assert connection.seconds_per_message >= 4 * 0.05
        assert memory.pace.seconds_per_message == connection.seconds_per_message
        assert memory.pace.round_trip is not None
        await connection.close()
