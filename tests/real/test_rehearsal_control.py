"""The faults of a rehearsal relay that runs are changed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import stat
from pathlib import Path

import pytest

from manager import Program
from rehearsing import client_settings, envelope, rehearsing
from tocsin.base.home import Home
from tocsin.central.problem import Invalid
from tocsin.domain.principal import NotPermitted, Principal, Role
from tocsin.engine import rehearsal
from tocsin.engine.errors import Conflict
from tocsin.mail.relay import RelayConnection, RelayFailure
from tocsin.rehearsal import control
from tocsin.rehearsal.fault.registry import UnknownFault

ADMINISTRATOR = Principal("somebody", Role.ADMINISTRATOR, "page")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """One folder: keys are made once."""
    return tmp_path_factory.mktemp("rehearsal")


async def meet(endpoint) -> str | None:
    """The code that one mail comes to."""
    connection = RelayConnection(client_settings(endpoint, seconds=5))
    try:
        await connection.open()
        (outcome,) = await connection.deliver([envelope()])
    except RelayFailure as failure:
        return failure.finding.code
    finally:
        await connection.close()
    return outcome.finding.code if outcome.finding else None


async def ask(folder: Path, *names: str) -> control.InForce:
    """Ask from beside the relay's loop."""
    return await asyncio.to_thread(control.ask, folder, names)


async def test_a_running_relay_is_broken_and_mended_where_it_listens(folder):
    """Chain, account, door: each change holds for the next connection, at the same port."""
    async with rehearsing(folder) as endpoint:
        assert await meet(endpoint) is None
        changes = {
            "expired": "tls.expired",
            "sandbox": "ses.sandbox-recipient",
            "connection-refused": "tcp.refused",
            "no-mechanism": "auth.no-mechanism",
        }
        for number, (name, code) in enumerate(changes.items(), 1):
            assert await ask(folder, name) == control.InForce((name,), number)
            assert await meet(endpoint) == code
        assert await ask(folder) == control.InForce((), 5)
        assert await meet(endpoint) is None
        told = json.loads((folder / "relay.json").read_text())
        assert (told["port"], told["faults"], told["generation"]) == (endpoint.port, [], 5)
        wish = folder / "faults.json"
        assert stat.S_IMODE(wish.stat().st_mode) == 0o600


async def test_open_connections_are_closed(folder):
    """Whoever is there when the relay changes meets the new one."""
    async with rehearsing(folder) as endpoint:
        reader, writer = await asyncio.open_connection("127.0.0.1", endpoint.port)
        assert (await reader.readline()).startswith(b"220")
        await ask(folder, "throttled")
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()


async def test_a_wrong_name_changes_nothing(folder):
    """Neither when it is asked for nor when somebody writes the file by hand."""
    async with rehearsing(folder) as endpoint:
        await ask(folder, "throttled")
        with pytest.raises(UnknownFault, match="no-such-fault"):
            await ask(folder, "expired", "no-such-fault")
        (folder / "faults.json").write_text('{"number": 2, "faults": ["no-such-fault"]}')
        await asyncio.sleep(0.5)
        assert control.in_force(folder) == control.InForce(("throttled",), 1)
        (folder / "faults.json").write_text("no JSON")
        assert await ask(folder, "expired") == control.InForce(("expired",), 2)
        assert await meet(endpoint) == "tls.expired"


async def test_a_relay_that_starts_plays_what_it_is_started_with(folder):
    """A wish of an earlier run is forgotten."""
    async with rehearsing(folder):
        await ask(folder, "expired")
    async with rehearsing(folder) as endpoint:
        await asyncio.sleep(0.3)
        assert await meet(endpoint) is None
        assert control.in_force(folder) == control.InForce((), 0)


def test_without_a_relay_nobody_follows(tmp_path):
    """It is said at once that none runs there."""
    with pytest.raises(control.NotFollowed, match="no rehearsal relay"):
        control.ask(tmp_path, ["expired"])
    with pytest.raises(control.NotFollowed, match="no rehearsal relay"):
        control.ask(tmp_path / "not there", ["expired"])


async def test_one_of_two_addresses_refuses(folder):
    """The other one takes connections."""
    async with rehearsing(folder) as endpoint:
        await ask(folder, "one-address-refused")
        reader, writer = await asyncio.open_connection("127.0.0.1", endpoint.port)
        assert (await reader.readline()).startswith(b"220")
        writer.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("::1", endpoint.port)


def of_run(home: Home, folder: Path, **more: object) -> None:
    """Let the relay in the folder be the one of the home's run."""
    told = json.loads((folder / "relay.json").read_text())
    home.make()
    home.rehearsal_facts.write_text(json.dumps({**told, "stands_in": True, **more}))


async def test_the_engine_changes_the_relay_of_this_run(folder, tmp_path):
    """Administrators do; what is played is no part of which relay it is."""
    home = Home(tmp_path)
    with pytest.raises(Conflict, match="no rehearsal relay"):
        rehearsal.set_faults(ADMINISTRATOR, ["expired"], home)
    async with rehearsing(folder):
        of_run(home, folder)
        before = rehearsal.facts(home)
        told = await asyncio.to_thread(rehearsal.set_faults, ADMINISTRATOR, ["expired"], home)
        assert (told.faults, told.generation) == (("expired",), 1)
        assert rehearsal.faults_in_force(ADMINISTRATOR, home).faults == ("expired",)
        of_run(home, folder)
        now = rehearsal.facts(home)
        assert now is not None
        assert now.faults == ("expired",)
        assert now == before
        with pytest.raises(Invalid, match="did you mean expired"):
            rehearsal.set_faults(ADMINISTRATOR, ["throttled", "expird"], home)
        with pytest.raises(NotPermitted):
            rehearsal.set_faults(Principal("one", Role.RESPONDER, "page"), [], home)
        assert rehearsal.faults_in_force(ADMINISTRATOR, home).faults == ("expired",)


def test_every_playable_fault_has_its_place():
    """In the order of the way, each with a code and the words about it."""
    found = rehearsal.faults()
    assert [one.name for one in found[:2]] == ["connection-refused", "connection-stuck"]
    assert found[-1].step == "body"
    assert all(one.code and one.summary for one in found)


def test_the_command_tells_the_relay_that_runs(tmp_path):
    """By the home or by the folder; a wrong name is refused, and no relay is said to be missing."""
    program = Program(tmp_path)
    try:
        folder = str(tmp_path / "inbox")
        refused = program.run("rehearse", "--set", "expired", "--out", folder, status=3)
        assert "no rehearsal relay runs" in refused.stderr
        program.rehearse("--home", str(program.home))
        told = program.json("rehearse", "--set", "expired", "wrong-name", "--out", folder)
        assert told == {"ok": True, "faults": ["expired", "wrong-name"], "generation": 1}
        program.run("rehearse", "--set", "expird", "--out", folder, status=2)
        mended = program.run("rehearse", "--set", "none", "--home", str(program.home))
        assert mended.stdout == "The rehearsal relay plays: no fault\n"
        listed = program.json("rehearse", "--fault", "list")
        assert {"name", "code", "summary", "step"} == set(listed[0])
    finally:
        program.stop()
