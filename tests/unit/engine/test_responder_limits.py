"""Limits of an account that arrive while another version of the configuration is taken over."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from tocsin.central.configuration import Configuration
from tocsin.engine import responder
from tocsin.engine.configuration import Version
from tocsin.engine.relay import Limits
from tocsin.engine.responder import _Responder


class Sender:
    """Notes the relays that it is told of."""

    def __init__(self) -> None:
        self.told: list[str] = []

    async def use_relays(self, by: str, _policy: object) -> None:
        """As the real one: something is read in between."""
        await asyncio.sleep(0)
        self.told.append(by)


class Watch:
    """Anything else that is told of a version."""

    async def use(self, _: object) -> None:
        """Nothing of it counts here."""

    use_relays = use

    def adopt(self, _: object) -> None:
        """Neither here."""


def version(number: int) -> Version:
    """A version of the configuration, empty."""
    said: Any = SimpleNamespace(number=number, configuration=Configuration())
    found: Version = said
    return found


@pytest.fixture
def one(monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Sender, dict[int, asyncio.Event]]:
    """A responder whose store waits, for the version of that identity, until it is let go."""
    gates: dict[int, asyncio.Event] = {}
    made: Any = _Responder.__new__(_Responder)
    sender = Sender()

    class Store:
        async def insist(self, _: object, configuration: Configuration) -> dict[str, Limits]:
            gate = gates.get(id(configuration))
            if gate is not None:
                await gate.wait()
            return {"smtp": Limits(1.0, id(configuration), 0)}

    made._store, made._sender = Store(), sender
    made._home = made._response = None
    made._chains = made._ses = made._composer = Watch()
    made._adopted, made._limits, made._policy = None, {}, None
    made._adopting = asyncio.Lock()
    monkeypatch.setattr(responder, "Response", lambda *_: None)
    monkeypatch.setattr(responder, "relays", lambda _, of, __: f"relays of {id(of)}")
    return made, sender, gates


async def test_limits_bring_no_earlier_version_back(one):
    """What is read for the old version is not told after the new one."""
    made, sender, gates = one
    old, new = version(1), version(2)
    await made._adopt(old)
    made._limits = {}
    gates[id(old.configuration)] = asyncio.Event()
    keeping = asyncio.create_task(made._keep_to_limits())
    await asyncio.sleep(0)
    adopting = asyncio.create_task(made._adopt(new))
    for _ in range(5):
        await asyncio.sleep(0)
    gates[id(old.configuration)].set()
    await asyncio.gather(keeping, adopting)
    assert sender.told[-1] == f"relays of {id(new.configuration)}"
    assert made._adopted is new


async def test_relays_that_cannot_be_made_just_now_end_nothing(one, monkeypatch):
    """The files of a rehearsal that is being ended, say; what was in force stays."""
    made, sender, _ = one
    await made._adopt(version(1))
    made._limits = {}

    def none(*_: object) -> None:
        raise FileNotFoundError("relay.json")

    monkeypatch.setattr(responder, "relays", none)
    await made._keep_to_limits()
    assert len(sender.told) == 1
    assert made._limits == {}
