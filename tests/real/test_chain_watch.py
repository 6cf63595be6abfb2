"""The watch against relays on loopback whose chains are changed under it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

import chains
from chains import HOST, Made, make
from tlsserver import SmtpStub
from tocsin.base.clock import DAY, HOUR, SECOND, now
from tocsin.domain.severity import Severity
from tocsin.engine import chainwatch
from tocsin.engine.chainconcern import CHANGED, DIFFERING, EXPIRING, UNTRUSTED
from tocsin.engine.chainledger import LEASE
from tocsin.engine.chainsight import ROUNDS, look
from tocsin.engine.chainwatch import ChainWatch
from tocsin.engine.relay import Relay
from tocsin.engine.storethread import StoreThread
from tocsin.mail.relay import Encryption, RelaySettings
from tocsin.store.models import Alarm, ChainLook, ChainSeen
from tocsin.store.queries import operation
from tocsin.trust import collect as module
from tocsin.trust.anchor import Anchor
from tocsin.trust.context import server_context

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = make("Example Root CA 1", organization="Example Trust", ca=True, ends=4000)
STRANGER = make("Another Root", organization="Another", ca=True, ends=4000)
FIRST, SECOND_ADDRESS = "127.0.0.1", "127.0.0.2"


class SetClock:
    """A clock that stands until it is set on."""

    def __init__(self) -> None:
        self.time = now()

    def now(self) -> int:
        """The time that was set."""
        return self.time

    def monotonic(self) -> float:
        """The same in seconds."""
        return self.time / SECOND


@pytest.fixture
def clock() -> SetClock:
    """Stands at the present."""
    return SetClock()


@pytest.fixture
def served(tmp_path: Path) -> Callable[..., ssl.SSLContext]:
    """Makes a server's context for a new leaf of an issuer."""
    numbers = iter(range(100))

    def serve(issuer: Made = ROOT, **leaf: Any) -> ssl.SSLContext:
        one = make(HOST, issuer=issuer, **{"ends": 300, **leaf})
        return server_context(*chains.write_chain(tmp_path, [one], f"server-{next(numbers)}"))

    return serve


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the relay's name leads to."""
    found = [FIRST]

    async def resolve(host: str, port: int, seconds: float) -> list[str]:
        return list(found)

    monkeypatch.setattr(module, "resolve", resolve)
    return found


@pytest.fixture
def stub(served, addresses) -> Iterator[SmtpStub]:
    """A relay."""
    with SmtpStub(context=served()) as one:
        yield one


def relay_at(port: int, anchors: Sequence[Made] = (ROOT,), name: str = "smtp") -> Relay:
    """The relay as it is configured."""
    settings = RelaySettings(
        name=name,
        host=HOST,
        port=port,
        encryption=Encryption.STARTTLS,
        anchors=tuple(Anchor(one.parsed.title, one.parsed) for one in anchors),
    )
    return Relay(settings, "t@example.com", 0.0, None, None, 50)


@contextlib.asynccontextmanager
async def watching(clock: SetClock, *relays: Relay) -> AsyncIterator[ChainWatch]:
    """A watch at work, as a responder has one: with a connection to the store of its own."""
    store = StoreThread()
    watch = ChainWatch(store, clock=clock, settle=0)
    await watch.use_relays(relays)
    running = asyncio.create_task(watch.run())
    try:
        yield watch
    finally:
        watch.stop()
        async with asyncio.timeout(60):
            await running
        await store.close()


async def rows(ask: Callable[[], Any]) -> Any:
    """Ask the store from a thread of its own."""
    store = StoreThread()
    try:
        return await store.call(ask)
    finally:
        await store.close()


async def until(ask: Callable[[], bool]) -> None:
    """Wait until it is so; the time limit is for when it never comes to be."""
    store = StoreThread()
    try:
        async with asyncio.timeout(60):
            while not await store.call(ask):  # noqa: ASYNC110 -- another thread's rows
                await asyncio.sleep(0.02)
    finally:
        await store.close()


def looked(times: int) -> Callable[[], bool]:
    """Whether that many looks have ended."""
    return lambda: ChainLook.objects.filter(
        turn=times, looking_until=0, looked_at__isnull=False
    ).exists()


def active() -> list[str]:
    """The types of active alarms."""
    return sorted(Alarm.objects.filter(state="active").values_list("type", flat=True))


async def a_day_later(clock: SetClock, watch: ChainWatch, times: int) -> None:
    """Let a day pass, and wait for the look of that day."""
    clock.time += DAY
    watch.wake()
    await until(looked(times))


async def test_a_chain_swapped_between_looks_is_noticed_and_one_that_fails_is_critical(
    clock, stub, served
):
    """Informational while it verifies, critical when it would not, over when it is put right."""
    async with watching(clock, relay_at(stub.port)) as watch:
        await until(looked(1))
        assert await rows(active) == []
        stub.context = served()
        await a_day_later(clock, watch, 2)
        assert await rows(active) == [CHANGED]
        good, stub.context = stub.context, served(STRANGER)
        await a_day_later(clock, watch, 3)
        assert UNTRUSTED in await rows(active)
        stub.context = good
        await a_day_later(clock, watch, 4)
        assert UNTRUSTED not in await rows(active)
    (alarm,) = await rows(lambda: list(Alarm.objects.filter(type=UNTRUSTED)))
    assert (alarm.severity, alarm.category) == (Severity.CRITICAL.rank, "System")
    assert "tls.untrusted-issuer" in alarm.attributes
    assert await rows(ChainSeen.objects.count) == 4
    # Nobody signed in and no mail was begun.
    verbs = {command.split()[0].upper() for command in stub.commands if command}
    assert verbs <= {b"EHLO", b"STARTTLS", b"QUIT"}


async def test_one_of_two_addresses_with_a_new_chain_that_fails(clock, stub, served, addresses):
    """Critical before the old chain is gone, and the address differs from its sibling."""
    addresses.append(SECOND_ADDRESS)
    with SmtpStub(context=stub.context, address=SECOND_ADDRESS, port=stub.port) as second:
        async with watching(clock, relay_at(stub.port)) as watch:
            await until(looked(1))
            assert await rows(active) == []
            second.context = served(STRANGER)
            await a_day_later(clock, watch, 2)
    assert await rows(active) == sorted([UNTRUSTED, DIFFERING])
    (differing,) = await rows(lambda: list(Alarm.objects.filter(type=DIFFERING)))
    assert differing.details.startswith(SECOND_ADDRESS)
    assert differing.severity == Severity.MINOR.rank


async def test_behind_one_address_a_machine_with_the_new_chain_is_found(
    clock, stub, served, monkeypatch
):
    """Connections are answered in turn by an old and a new machine: both chains are seen."""
    old, new = stub.context, served(STRANGER)
    turns = cycle([old, old, new, new])  # one look asks twice: to verify and to compare
    begin = SmtpStub._begin_tls

    def take_turns(self: SmtpStub, connection: Any) -> ssl.SSLSocket:
        self.context = next(turns)
        return begin(self, connection)

    monkeypatch.setattr(SmtpStub, "_begin_tls", take_turns)
    async with watching(clock, relay_at(stub.port)):
        await until(looked(1))
    assert await rows(lambda: ChainSeen.objects.filter(trusted=True).count()) == 1
    assert await rows(lambda: ChainSeen.objects.filter(trusted=False).count()) == 1
    assert await rows(active) == [UNTRUSTED]


async def test_a_certificate_about_to_expire_rises_day_by_day(clock, stub, served):
    """Its validity is what it says; only the watch's clock goes on."""
    stub.context = served(ends=15.5)
    async with watching(clock, relay_at(stub.port)) as watch:
        await until(looked(1))
        (alarm,) = await rows(lambda: list(Alarm.objects.filter(type=EXPIRING)))
        assert alarm.severity == Severity.MINOR.rank
        clock.time += DAY
        await a_day_later(clock, watch, 2)
        clock.time += 10 * DAY
        await a_day_later(clock, watch, 3)
    (alarm,) = await rows(lambda: list(Alarm.objects.filter(type=EXPIRING)))
    assert (alarm.severity, alarm.count) == (Severity.CRITICAL.rank, 3)


async def test_a_new_start_neither_repeats_nor_loses_a_look(clock, stub):
    """The time of the next is kept in the store."""
    async with watching(clock, relay_at(stub.port)):
        await until(looked(1))
    asked = len(stub.server_names)
    async with watching(clock, relay_at(stub.port)) as watch:
        clock.time += HOUR
        # What is asked for one relay that there is not costs a turn through the loop.
        watch.look_now("another")
        await a_day_later(clock, watch, 2)
    assert len(stub.server_names) == 2 * asked
    assert await rows(ChainSeen.objects.count) == 1


async def test_two_responders_share_one_store_and_look_once(clock, stub):
    """Of both that find it due, one looks; a day later again one."""
    relay = relay_at(stub.port)
    async with watching(clock, relay) as one, watching(clock, relay) as two:
        await until(looked(1))
        clock.time += DAY
        one.wake()
        two.wake()
        await until(looked(2))
    assert stub.commands.count(b"STARTTLS") == 2 * 2 * ROUNDS


async def test_a_pause_because_of_tls_is_looked_into_at_once(clock, stub, served):
    """Long before the daily look, and no second time for the same pause."""
    async with watching(clock, relay_at(stub.port)) as watch:
        await until(looked(1))
        stub.context = served(STRANGER)
        clock.time += HOUR
        await rows(
            lambda: operation.save_relay_pause(
                "smtp", paused_at=clock.now(), code="tls.untrusted-issuer", facts={},
                failures=1, probe_at=None,
            )
        )  # fmt: skip
        clock.time += SECOND
        watch.wake()
        await until(looked(2))
    assert await rows(looked(2))
    assert await rows(active) == [UNTRUSTED]


async def test_look_now_is_heeded(clock, stub):
    """Whoever pauses a relay can have it looked at without waiting."""
    async with watching(clock, relay_at(stub.port)) as watch:
        await until(looked(1))
        watch.look_now("smtp")
        await until(looked(2))


async def test_nobody_answers_and_nobody_is_alarmed(clock, addresses):
    """The look and why it failed are known; another comes within the hour."""
    with SmtpStub(context=None) as gone:
        port = gone.port
    async with watching(clock, relay_at(port)) as watch:
        await until(looked(1))
        (row,) = await rows(lambda: list(ChainLook.objects.all()))
        assert row.code == "tcp.refused"
        clock.time += HOUR
        watch.wake()
        await until(looked(2))
    assert await rows(Alarm.objects.count) == 0


@pytest.mark.parametrize(
    "how",
    [
        {"greeting": b"220 " + b"x" * 100_000},
        {"starttls": b"220 go\r\n", "handshake": b"\x16\x03\x03\x40\x00" + b"\xff" * 5000},
        {"greeting": b"SSH-2.0-OpenSSH_9.2\r\n"},
        {"ehlo": b"250 relay.example.com\r\n"},
        {"handshake": SmtpStub.RESET},
    ],
    ids=["flood", "noise", "another protocol", "no STARTTLS", "reset"],
)
async def test_what_is_no_relay_does_not_stop_the_watch(clock, addresses, served, how):
    """Whatever it says, the look ends, is recorded, and the next one is made."""
    with SmtpStub(context=served(), **how) as stub:
        async with watching(clock, relay_at(stub.port)) as watch:
            await until(looked(1))
            (row,) = await rows(lambda: list(ChainLook.objects.all()))
            assert row.code
            stub.greeting = SmtpStub.greeting
            stub.ehlo, stub.handshake = SmtpStub.ehlo, None
            await a_day_later(clock, watch, 2)
    assert await rows(lambda: ChainSeen.objects.filter(trusted=True).count()) == 1
    assert await rows(active) == []


async def test_a_relay_whose_ciphers_are_refused_is_judged_by_its_chain(clock, stub):
    """No connection comes about; its chain verifies all the same, and that is no alarm of trust."""
    context = stub.context
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-AES128-SHA")
    async with watching(clock, relay_at(stub.port)):
        await until(looked(1))
    assert await rows(active) == []
    assert await rows(lambda: ChainSeen.objects.filter(trusted=True).count()) == 1


async def test_a_look_that_goes_wrong_inside_is_made_again(clock, stub, monkeypatch):
    """The loop goes on; nobody looks again before the lease of the first has run out."""
    looks = []

    async def wrong(*_: Any) -> Any:
        looks.append(clock.now())
        if len(looks) == 1:
            raise LookupError("not foreseen")
        return await look(*_)

    monkeypatch.setattr(chainwatch, "look", wrong)
    async with watching(clock, relay_at(stub.port)) as watch:
        await until(lambda: ChainLook.objects.filter(looking_until__gt=0).exists())
        clock.time += LEASE
        watch.wake()
        await until(looked(2))
    assert looks[1] - looks[0] == LEASE
