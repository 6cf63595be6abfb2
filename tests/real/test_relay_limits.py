"""Limits that a relay shows: met once, then kept to."""

from __future__ import annotations

import asyncio

import pytest

from scriptedrelay import (
    OFFER,
    PIPELINING,
    Authority,
    Peer,
    Script,
    relay_settings,
    scripted_relay,
)
from tocsin.mail.envelope import Envelope
from tocsin.mail.relay import RelayConnection, RelayFailure, RelayMemory

ENOUGH = b"421 Connection closed by server. Maximum message count per session reached.\r\n"
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


def capped(authority: Authority, most: int, offer: bytes) -> Script:
    """A relay that takes so many messages on a connection, then leaves at MAIL."""
    take = take_pipelined if offer is PIPELINING else take_one_by_one

    async def script(peer: Peer) -> None:
        await peer.until_sign_in(authority, offer)
        left = await peer.line()
        for _ in range(most):
            if not left.startswith(b"MAIL"):
                break
            left = await take(peer)
        await peer.say(ENOUGH if left.startswith(b"MAIL") else b"221 Bye\r\n")

    return script


async def take_one_by_one(peer: Peer) -> bytes:
    """What follows MAIL, each with its answer; gives the line after the message."""
    await peer.say(OK)
    for answer in (OK, GO):
        await peer.line()
        await peer.say(answer)
    await peer.content()
    await peer.say(OK)
    return await peer.line()


async def take_pipelined(peer: Peer) -> bytes:
    """The same for a client that sends the whole envelope at once."""
    await peer.lines(2)
    await peer.say(OK + OK + GO)
    await peer.content()
    await peer.say(OK)
    return await peer.line()


@pytest.mark.parametrize("offer", [OFFER, PIPELINING], ids=["one by one", "pipelined"])
async def test_a_cap_on_messages_is_met_once_and_then_kept_to(authority, offer):
    """The notice costs no message anything; the next connection is closed by us in time."""
    async with scripted_relay(capped(authority, 3, offer)) as relay:
        settings = relay_settings(relay.port, authority)
        memory = RelayMemory(settings)
        first = RelayConnection(settings, memory)
        await first.open()
        assert first.room == settings.window
        told = await first.deliver(mails(5))
        assert [each.ok for each in told] == [True] * 3 + [False] * 2
        assert [each.untried for each in told] == [False] * 3 + [True] * 2
        assert memory.limits().messages_per_connection == 3
        assert not first.usable
        await first.close()
        second = RelayConnection(settings, memory)
        await second.open()
        assert second.room == 3
        assert (await second.deliver(mails(2)))[1].ok
        assert (second.room, second.usable, second.worn) == (1, True, False)
        told = await second.deliver(mails(4))
        assert [each.ok for each in told] == [True] + [False] * 3
        assert [(each.untried, each.finding) for each in told[1:]] == [(True, None)] * 3
        assert (second.room, second.usable, second.worn) == (0, False, True)
        assert [each.untried for each in await second.deliver(mails(2))] == [True, True]
        await second.close()
        assert relay.peers[1].heard.endswith(b"QUIT\r\n")


async def test_messages_set_to_a_few_go_over_several_connections(authority):
    """The setting alone does the same."""
    async with scripted_relay(capped(authority, 9, OFFER)) as relay:
        settings = relay_settings(relay.port, authority, max_messages_per_connection=2)
        connection = RelayConnection(settings)
        await connection.open()
        told = await connection.deliver(mails(3))
        assert [each.ok for each in told] == [True, True, False]
        assert connection.worn
        await connection.close()
        assert relay.peers[0].heard.endswith(b"QUIT\r\n")


@pytest.mark.parametrize("used", [True, False])
async def test_a_notice_at_rest_shortens_the_rest_of_all_connections(authority, used):
    """The relay left a resting connection: the others are closed before they rest as long."""
    leave = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.until_sign_in(authority)
        if used:
            await peer.take_message()
        await leave.wait()
        await peer.say(b"451 4.4.2 Timeout waiting for data from client.\r\n")

    async with scripted_relay(script) as relay:
        settings = relay_settings(relay.port, authority, idle_limit=600.0)
        memory = RelayMemory(settings)
        connection = RelayConnection(settings, memory)
        await connection.open()
        if used:
            await connection.deliver(mails(1))
        await asyncio.sleep(0.7)
        leave.set()
        while connection.usable:  # noqa: ASYNC110 -- the flag is what is to be seen
            await asyncio.sleep(0)
        told = await connection.deliver(mails(2))
        await connection.close()
        assert [(each.untried, each.ok) for each in told] == [(True, False)] * 2
        other = RelayConnection(settings, memory)
        assert other.idle_limit < 600.0
    assert memory.limits().learnt == ("idle",)


async def test_a_connection_too_many_is_learnt_and_the_open_ones_stay(authority):
    """Two are open, the third is turned away: two it is, and both go on."""

    async def accept(peer: Peer) -> None:
        await peer.until_sign_in(authority)
        await peer.take_message()
        await peer.silence()

    async def turn_away(peer: Peer) -> None:
        await peer.say(b"421 Too many concurrent SMTP connections\r\n")

    async with scripted_relay(accept, accept, turn_away) as relay:
        settings = relay_settings(relay.port, authority)
        memory = RelayMemory(settings)
        opened = [RelayConnection(settings, memory) for _ in range(2)]
        for each in opened:
            await each.open()
        assert memory.open_connections == 2
        with pytest.raises(RelayFailure) as caught:
            await RelayConnection(settings, memory).open()
        assert caught.value.finding.code == "smtp.too-many-connections"
        assert memory.limits().connections == 2
        for each in opened:
            assert (await each.deliver(mails(1)))[0].ok
            await each.close()
        assert memory.open_connections == 0


@pytest.mark.parametrize("code", [b"451", b"554"])
async def test_a_greeting_refused_beside_open_connections_is_a_limit_when_it_passes(
    authority, code
):
    """4yz may be a matter of room, and fewer do no harm; 554 is something else."""

    async def accept(peer: Peer) -> None:
        await peer.until_sign_in(authority)
        await peer.silence()

    async def turn_away(peer: Peer) -> None:
        await peer.say(code + b" not now\r\n")

    async with scripted_relay(accept, turn_away) as relay:
        settings = relay_settings(relay.port, authority)
        memory = RelayMemory(settings)
        first = RelayConnection(settings, memory)
        await first.open()
        with pytest.raises(RelayFailure):
            await RelayConnection(settings, memory).open()
        await first.close()
    assert memory.limits().connections == (1 if code == b"451" else settings.max_connections)


async def test_an_old_connection_is_worn(authority):
    """After its time it is not usable any more; what was begun on it is still delivered."""

    async def script(peer: Peer) -> None:
        await peer.until_sign_in(authority)
        await peer.take_message()
        await peer.silence()

    async with scripted_relay(script) as relay:
        settings = relay_settings(relay.port, authority, connection_age=0.0)
        connection = RelayConnection(settings)
        assert not connection.worn
        await connection.open()
        assert (connection.worn, connection.usable) == (True, False)
        assert (await connection.deliver(mails(1)))[0].ok
        await connection.close()


async def test_a_connection_that_the_relay_cuts_is_counted_off_at_once(authority):
    """Nobody has to close it first: another may be opened in its place."""
    cut = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.until_sign_in(authority)
        await cut.wait()
        peer.reset()

    async with scripted_relay(script) as relay:
        settings = relay_settings(relay.port, authority)
        memory = RelayMemory(settings)
        connection = RelayConnection(settings, memory)
        await connection.open()
        assert memory.open_connections == 1
        cut.set()
        while memory.open_connections:  # noqa: ASYNC110 -- the number is what is to be seen
            await asyncio.sleep(0)
        assert not connection.usable
        await connection.close()
        assert memory.open_connections == 0
    assert memory.limits().learnt == ()
