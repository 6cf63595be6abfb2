"""The sender against the rehearsal relay: limits, pauses, partial refusals, kept connections."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from tocsin.base.clock import now
from tocsin.base.ids import uuid7
from tocsin.base.secret import Secret
from tocsin.domain.alarm import Report
from tocsin.engine import access, configuration
from tocsin.engine.accept import accept
from tocsin.engine.composer import MessageComposer
from tocsin.engine.decide import decide
from tocsin.engine.relay import Relay
from tocsin.engine.response import Response
from tocsin.engine.responselog import ResponseLog
from tocsin.engine.sender import Policy, Sender
from tocsin.engine.storethread import StoreThread
from tocsin.mail.relay import Encryption, RelaySettings
from tocsin.rehearsal.endpoint import Endpoint
from tocsin.rehearsal.relay import serve
from tocsin.rehearsal.settings import RehearsalSettings
from tocsin.store.models import Alarm, Attempt, Connection, Delivery, RelayState
from tocsin.trust.anchor import Anchor
from tocsin.trust.certificate import read_certificates

pytestmark = pytest.mark.django_db(transaction=True)

SETTINGS = RehearsalSettings(port=0, smtps_port=0, sign=False)


@contextlib.asynccontextmanager
async def rehearsal(out: Path, settings: RehearsalSettings) -> AsyncIterator[Endpoint]:
    """A relay that listens."""
    listening: asyncio.Future[Endpoint] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(settings, out, ready=listening.set_result))
    done, _ = await asyncio.wait([serving, listening], return_when=asyncio.FIRST_COMPLETED)
    if serving in done:
        serving.result()
    try:
        yield await listening
    finally:
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving


def relay_of(endpoint: Endpoint, **changes: Any) -> RelaySettings:
    """How it is reached."""
    (root,) = read_certificates(Path(endpoint.root_file).read_bytes())
    settings = RelaySettings(
        name="smtp",
        host=endpoint.host,
        port=endpoint.port,
        encryption=Encryption.STARTTLS,
        user=endpoint.user,
        password=Secret(Path(endpoint.password_file).read_text().strip()),
        anchors=(Anchor("root", root),),
    )
    return replace(settings, **changes)


def way(relay: RelaySettings, **changes: Any) -> Relay:
    """The relay as the first of the configuration, with no limits."""
    plain = Relay(
        settings=relay,
        sender="t@example.com",
        after_s=0.0,
        max_send_rate=None,
        max_24_hour_send=None,
        max_recipients=50,
    )
    return replace(plain, **changes)


def queue(count: int, to: tuple[str, ...] = ("soc@example.com",)) -> Response:
    """Alarms, decided and queued."""
    accept([Report(source="s", source_type="api", type=f"t{place}") for place in range(count)])
    configuration.change(
        access.LOCAL,
        {
            "smtp": {"server": "h", "port": 587, "encryption": "starttls", "from": "t@example.com"},
            "actions": [{"name": "A", "kind": "email", "to": list(to)}],
            "rules": [{"name": "R", "when": {}, "active": ["A"]}],
        },
    )
    latest = configuration.current()
    response = Response(latest.number, latest.configuration)
    decide(response)
    return response


@contextlib.asynccontextmanager
async def sending(store: StoreThread, response: Response, out: Path) -> AsyncIterator[Sender]:
    """A sender at work."""
    composer = MessageComposer()
    composer.adopt(response)
    sender = Sender(
        store=store,
        owner="node/test",
        composer=composer,
        log=ResponseLog(out / "response.log"),
    )
    task = asyncio.create_task(sender.run())
    try:
        yield sender
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(store: StoreThread, state: str, count: int) -> None:
    """Wait until so many deliveries are in that state."""

    def found() -> int:
        return Delivery.objects.filter(state=state).count()

    async with asyncio.timeout(60):
        while await store.call(found) < count:  # noqa: ASYNC110 -- another process's rows
            await asyncio.sleep(0.05)


@pytest.fixture
async def store() -> AsyncIterator[StoreThread]:
    """The store's thread."""
    one = StoreThread()
    yield one
    await one.close()


async def test_many_mails_go_over_one_kept_connection(store: StoreThread, tmp_path: Path):
    """Evidence is stored once for the connection; each attempt refers to it."""
    response = await store.call(queue, 30)
    async with (
        rehearsal(tmp_path / "out", SETTINGS) as endpoint,
        sending(store, response, tmp_path) as sender,
    ):
        await sender.use_relays([way(relay_of(endpoint))])
        await until(store, "delivered", 30)
    assert await store.call(Connection.objects.count) == 1
    assert await store.call(Attempt.objects.count) == 30
    assert len(list((tmp_path / "out").glob("*.eml"))) == 30
    lines = (tmp_path / "response.log").read_text().splitlines()
    assert {json.loads(line)["state"] for line in lines} == {"delivered"}


async def test_a_limit_of_messages_a_connection_loses_nothing(store: StoreThread, tmp_path: Path):
    """The relay ends the session after three messages: a new one takes over, nothing twice."""
    response = await store.call(queue, 20)
    settings = replace(SETTINGS, max_messages_per_connection=3)
    async with (
        rehearsal(tmp_path / "out", settings) as endpoint,
        sending(store, response, tmp_path) as sender,
    ):
        await sender.use_relays([way(relay_of(endpoint))])
        await until(store, "delivered", 20)
    assert len(list((tmp_path / "out").glob("*.eml"))) == 20
    assert await store.call(Delivery.objects.filter(maybe_twice=True).count) == 0


async def test_an_exceeded_rate_delays_and_drops_nothing(store: StoreThread, tmp_path: Path):
    """454 after the dot is no delivery: the relay pauses shortly and everything goes out."""
    response = await store.call(queue, 8)
    settings = replace(SETTINGS, max_send_rate=4)
    async with (
        rehearsal(tmp_path / "out", settings) as endpoint,
        sending(store, response, tmp_path) as sender,
    ):
        await sender.use_relays([way(relay_of(endpoint))])
        await until(store, "delivered", 8)
    assert len(list((tmp_path / "out").glob("*.eml"))) == 8
    codes = await store.call(lambda: set(Attempt.objects.values_list("code", flat=True)))
    assert "ses.rate-exceeded" in codes


async def test_an_unverified_sender_keeps_everything_queued(store: StoreThread, tmp_path: Path):
    """A fault of our own identity fails no delivery: the relay pauses and says which identity."""
    response = await store.call(queue, 3)
    settings = replace(SETTINGS, identities=("example.org",))
    async with (
        rehearsal(tmp_path / "out", settings) as endpoint,
        sending(store, response, tmp_path) as sender,
    ):
        await sender.use_relays([way(relay_of(endpoint))])
        await until(store, "retrying", 1)
        await asyncio.sleep(0.3)
    state = await store.call(RelayState.objects.get)
    assert state.code == "ses.identity-not-verified"
    assert "t@example.com" in state.facts
    assert await store.call(Delivery.objects.filter(state="failed").count) == 0
    assert await store.call(Attempt.objects.count) == 1


async def test_a_sandboxed_recipient_fails_alone(store: StoreThread, tmp_path: Path):
    """Only the delivery to the unverified recipient fails; the relay stays in use."""
    response = await store.call(queue, 1, ("nobody@unverified.example",))
    settings = replace(SETTINGS, sandbox=True)
    async with (
        rehearsal(tmp_path / "out", settings) as endpoint,
        sending(store, response, tmp_path) as sender,
    ):
        await sender.use_relays([way(relay_of(endpoint))])
        await until(store, "failed", 1)
    row = await store.call(Delivery.objects.get)
    assert row.code == "ses.sandbox-recipient"
    assert await store.call(RelayState.objects.filter(paused_at__isnull=False).count) == 0


async def test_an_unreachable_relay_is_tried_again(store: StoreThread, tmp_path: Path):
    """Refused connections pause the relay; when it is back, everything goes out by itself."""
    response = await store.call(queue, 5)
    async with rehearsal(tmp_path / "out", SETTINGS) as endpoint:
        relay = relay_of(endpoint)
    async with sending(store, response, tmp_path) as sender:
        await sender.use_relays([way(relay)])
        await until(store, "retrying", 1)
        state = await store.call(RelayState.objects.get)
        assert state.code == "tcp.refused"
        again = replace(SETTINGS, port=relay.port)
        async with rehearsal(tmp_path / "out", again):
            await until(store, "delivered", 5)
    state = await store.call(RelayState.objects.get)
    assert state.paused_at is None
    assert state.last_accepted_at is not None


async def test_a_new_relay_takes_over_what_waits(store: StoreThread, tmp_path: Path):
    """Mail that a paused relay kept goes out by the corrected one at once."""
    response = await store.call(queue, 4)
    async with rehearsal(tmp_path / "out", SETTINGS) as endpoint:
        wrong = relay_of(endpoint, password=Secret("wrong"))
        async with sending(store, response, tmp_path) as sender:
            await sender.use_relays([way(wrong)])
            await until(store, "retrying", 1)
            await sender.use_relays([way(relay_of(endpoint))])
            await until(store, "delivered", 4)


async def test_no_mail_leaves_without_a_relay(store: StoreThread, tmp_path: Path):
    """Nothing configured: everything waits, nothing is failed or tried."""
    response = await store.call(queue, 2)
    async with sending(store, response, tmp_path) as sender:
        await sender.use_relays([])
        await asyncio.sleep(0.5)
    assert await store.call(Delivery.objects.filter(state="queued").count) == 2


async def known(store: StoreThread, name: str, query: Any) -> None:
    """Wait until that holds for what is known of a relay."""

    def holds() -> bool:
        state = RelayState.objects.filter(name=name).first()
        return state is not None and query(state)

    async with asyncio.timeout(60):
        while not await store.call(holds):  # noqa: ASYNC110 -- another process's rows
            await asyncio.sleep(0.05)


def queue_more(response: Response, count: int) -> None:
    """More alarms, decided and queued."""
    accept([Report(source="s", source_type="api", type=f"more {uuid7()}") for _ in range(count)])
    decide(response)


def carried_by() -> list[str]:
    """Which relay took each message, in order."""
    taken = Attempt.objects.filter(ok=True).order_by("id")
    return list(taken.values_list("connection__relay", flat=True))


async def test_a_second_relay_carries_while_the_first_is_paused(store: StoreThread, tmp_path: Path):
    """Used after the first has been paused for the time that was set, and back again."""
    response = await store.call(queue, 3)
    async with rehearsal(tmp_path / "first", SETTINGS) as endpoint:
        first = relay_of(endpoint)
    async with (
        rehearsal(tmp_path / "second", SETTINGS) as endpoint,
        sending(store, response, tmp_path) as sender,
    ):
        second = relay_of(endpoint, name="second")
        await sender.use_relays([way(first), way(second, after_s=1.0)])
        await until(store, "delivered", 3)
        assert await store.call(carried_by) == ["second"] * 3
        async with rehearsal(tmp_path / "first", replace(SETTINGS, port=first.port)):
            # The first lets us in again; the next message is the one that tries it.
            await known(store, "smtp", lambda state: state.probed_at is not None)
            async with asyncio.timeout(60):
                count = 3
                while "smtp" not in await store.call(carried_by):
                    await store.call(queue_more, response, 1)
                    sender.wake()
                    count += 1
                    await until(store, "delivered", count)
            await store.call(queue_more, response, 5)
            sender.wake()
            await until(store, "delivered", count + 5)
        assert (await store.call(carried_by))[-5:] == ["smtp"] * 5
    await known(store, "smtp", lambda state: state.paused_at is None)


async def test_a_pause_that_a_person_must_end_is_one_alarm(store: StoreThread, tmp_path: Path):
    """Raised at once, repeated by each look, ended when the relay takes mail."""
    response = await store.call(queue, 2)

    def alarms() -> list[tuple[str, str, str, int]]:
        rows = Alarm.objects.filter(source="tocsin")
        return list(rows.values_list("type", "category", "state", "count"))

    async with (
        rehearsal(tmp_path / "out", SETTINGS) as endpoint,
        sending(store, response, tmp_path) as sender,
    ):
        await sender.use_relays([way(relay_of(endpoint, password=Secret("wrong")))])
        await known(store, "smtp", lambda state: state.code == "auth.rejected")
        assert await store.call(alarms) == [("Mail relay paused", "System", "active", 1)]
        await sender.use_relays([way(relay_of(endpoint))])
        await until(store, "delivered", 2)
        await known(store, "smtp", lambda state: state.paused_at is None)
    assert [row[2] for row in await store.call(alarms)] == ["inactive"]


async def test_a_short_outage_is_no_alarm(store: StoreThread, tmp_path: Path):
    """A connection that is refused once may be a restart."""
    response = await store.call(queue, 1)
    async with rehearsal(tmp_path / "out", SETTINGS) as endpoint:
        relay = relay_of(endpoint)
    async with sending(store, response, tmp_path) as sender:
        await sender.use_relays([way(relay)])
        await known(store, "smtp", lambda state: state.code == "tcp.refused")
    assert await store.call(Alarm.objects.filter(source="tocsin").count) == 0


async def test_a_person_can_have_it_tried_at_once(store: StoreThread, tmp_path: Path):
    """The next look at a wrong password is half a minute away; asked for, it is now."""
    response = await store.call(queue, 2)
    unverified = replace(SETTINGS, identities=("example.org",))
    async with sending(store, response, tmp_path) as sender:
        async with rehearsal(tmp_path / "out", unverified) as endpoint:
            relay = relay_of(endpoint)
            await sender.use_relays([way(relay)])
            await known(store, "smtp", lambda state: state.code == "ses.identity-not-verified")
        same = replace(SETTINGS, port=relay.port)
        async with rehearsal(tmp_path / "out", same):
            ask = RelayState.objects.filter(name="smtp").update
            await store.call(lambda: ask(probe_at=now()))
            sender.wake()
            await until(store, "delivered", 2)


async def test_a_rate_that_is_set_is_kept_to(store: StoreThread, tmp_path: Path):
    """The relay, which counts as SES does, has nothing to refuse."""
    response = await store.call(queue, 40)
    async with (
        rehearsal(tmp_path / "out", replace(SETTINGS, max_send_rate=20)) as endpoint,
        sending(store, response, tmp_path) as sender,
    ):
        await sender.use_relays([way(relay_of(endpoint), max_send_rate=10.0)])
        await until(store, "delivered", 40)
    assert await store.call(Attempt.objects.filter(ok=False).count) == 0


async def test_a_throttled_rate_is_learnt(store: StoreThread, tmp_path: Path):
    """Refusals lower it, the relay is not paused for them, and what was learnt is kept."""
    response = await store.call(queue, 40)
    async with (
        rehearsal(tmp_path / "out", replace(SETTINGS, max_send_rate=8)) as endpoint,
        sending(store, response, tmp_path) as sender,
    ):
        await sender.use_relays([way(relay_of(endpoint))])
        await until(store, "delivered", 40)
        await known(store, "smtp", lambda state: state.learnt_rate is not None)
    state = await store.call(RelayState.objects.get)
    assert state.paused_at is None
    assert await store.call(Alarm.objects.filter(source="tocsin").count) == 0
    codes = await store.call(lambda: set(Attempt.objects.filter(ok=False).values_list("code")))
    assert codes == {("ses.rate-exceeded",)}


async def test_the_quota_of_a_day_is_kept_to(store: StoreThread, tmp_path: Path):
    """Five recipients a day: the sixth waits, and it is said why."""
    response = await store.call(queue, 8)
    async with (
        rehearsal(tmp_path / "out", SETTINGS) as endpoint,
        sending(store, response, tmp_path) as sender,
    ):
        await sender.use_relays([way(relay_of(endpoint), max_24_hour_send=5)])
        await known(store, "smtp", lambda state: state.code == "ses.daily-quota")
        await until(store, "delivered", 5)
    assert await store.call(Delivery.objects.filter(state="delivered").count) == 5
    assert await store.call(Attempt.objects.filter(ok=False).count) == 0
    assert await store.call(Alarm.objects.filter(source="tocsin", state="active").count) == 1


async def test_more_recipients_than_the_relay_takes_are_split(store: StoreThread, tmp_path: Path):
    """The same message in as many envelopes as it needs."""
    to = tuple(f"person{place}@example.com" for place in range(120))
    response = await store.call(queue, 1, to)
    async with (
        rehearsal(tmp_path / "out", SETTINGS) as endpoint,
        sending(store, response, tmp_path) as sender,
    ):
        await sender.use_relays([way(relay_of(endpoint))])
        await until(store, "delivered", 1)
    row = await store.call(Delivery.objects.get)
    states = [one["state"] for one in json.loads(row.recipients)]
    assert states == ["accepted"] * 120
    assert await store.call(Attempt.objects.filter(ok=True).count) == 3
    mails = [message_from_bytes(one.read_bytes()) for one in (tmp_path / "out").glob("*.eml")]
    assert len({mail["X-Tocsin-Alarm"] for mail in mails}) == 1


async def test_a_change_elsewhere_keeps_the_connection(store: StoreThread, tmp_path: Path):
    """A relay that is configured as before is not left for a change of a rule."""
    response = await store.call(queue, 2)
    async with (
        rehearsal(tmp_path / "out", SETTINGS) as endpoint,
        sending(store, response, tmp_path) as sender,
    ):
        await sender.use_relays([way(relay_of(endpoint))])
        await until(store, "delivered", 2)
        await sender.use_relays([way(relay_of(endpoint))], Policy(hold_doubted=True))
        await store.call(queue_more, response, 2)
        sender.wake()
        await until(store, "delivered", 4)
        assert await store.call(Connection.objects.count) == 1
        await sender.use_relays([way(relay_of(endpoint, window=8))])
        await store.call(queue_more, response, 2)
        sender.wake()
        await until(store, "delivered", 6)
    rows = await store.call(lambda: list(Connection.objects.values_list("resumed", flat=True)))
    assert rows == [False, False]


async def test_two_relays_with_two_senders(store: StoreThread, tmp_path: Path):
    """What was composed for one relay goes by another as that one's From Email."""
    response = await store.call(queue, 2)
    async with rehearsal(tmp_path / "first", SETTINGS) as endpoint:
        first = relay_of(endpoint)
    async with (
        rehearsal(tmp_path / "out", SETTINGS) as endpoint,
        sending(store, response, tmp_path) as sender,
    ):
        second = way(relay_of(endpoint, name="second"), sender="two@example.com")
        await sender.use_relays([way(first), second])
        await until(store, "delivered", 2)
    mails = [message_from_bytes(one.read_bytes()) for one in (tmp_path / "out").glob("*.eml")]
    assert {mail["From"] for mail in mails} == {"two@example.com"}
