"""The sender against the rehearsal relay: limits, pauses, partial refusals, kept connections."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tocsin.base.home import Home
from tocsin.base.secret import Secret
from tocsin.domain.alarm import Report
from tocsin.engine import access, configuration
from tocsin.engine.accept import accept
from tocsin.engine.composer import MessageComposer
from tocsin.engine.decide import decide
from tocsin.engine.response import Response
from tocsin.engine.responselog import ResponseLog
from tocsin.engine.sender import Sender, SenderSettings
from tocsin.engine.storethread import StoreThread
from tocsin.mail.relay import Encryption, RelaySettings
from tocsin.rehearsal.endpoint import Endpoint
from tocsin.rehearsal.relay import serve
from tocsin.rehearsal.settings import RehearsalSettings
from tocsin.store.models import Attempt, Connection, Delivery, RelayState
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
async def sending(
    store: StoreThread, response: Response, out: Path, settings: SenderSettings | None = None
) -> AsyncIterator[Sender]:
    """A sender at work."""
    home = Home(out / "home")
    composer = MessageComposer(home)
    composer.adopt(response)
    sender = Sender(
        store=store,
        owner="node/test",
        composer=composer,
        log=ResponseLog(out / "response.log"),
        settings=settings,
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
        sending(store, response, tmp_path, SenderSettings(connections=1)) as sender,
    ):
        sender.use_relay(relay_of(endpoint))
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
        sending(store, response, tmp_path, SenderSettings(connections=1)) as sender,
    ):
        sender.use_relay(relay_of(endpoint))
        await until(store, "delivered", 20)
    assert len(list((tmp_path / "out").glob("*.eml"))) == 20
    assert await store.call(Delivery.objects.filter(maybe_twice=True).count) == 0


async def test_an_exceeded_rate_delays_and_drops_nothing(store: StoreThread, tmp_path: Path):
    """454 after the dot is no delivery: the relay pauses shortly and everything goes out."""
    response = await store.call(queue, 8)
    settings = replace(SETTINGS, max_send_rate=4)
    async with (
        rehearsal(tmp_path / "out", settings) as endpoint,
        sending(store, response, tmp_path, SenderSettings(connections=1)) as sender,
    ):
        sender.use_relay(relay_of(endpoint))
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
        sender.use_relay(relay_of(endpoint))
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
        sender.use_relay(relay_of(endpoint))
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
        sender.use_relay(relay)
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
            sender.use_relay(wrong)
            await until(store, "retrying", 1)
            sender.use_relay(relay_of(endpoint))
            await until(store, "delivered", 4)


async def test_no_mail_leaves_without_a_relay(store: StoreThread, tmp_path: Path):
    """Nothing configured: everything waits, nothing is failed or tried."""
    response = await store.call(queue, 2)
    async with sending(store, response, tmp_path) as sender:
        sender.use_relay(None)
        await asyncio.sleep(0.5)
    assert await store.call(Delivery.objects.filter(state="queued").count) == 2
