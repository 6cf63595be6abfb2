"""Two connections at once to one relay, and what becomes of it when one is turned away."""

from __future__ import annotations

import itertools
import socket
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import chains
from chains import HOST
from tlsserver import SmtpStub
from tocsin.trust import collect as module
from tocsin.trust.collect import Collection, collect
from tocsin.trust.context import server_context
from tocsin.trust.policy import DEFAULT_POLICY, CipherPolicy

LADDER = chains.ladder()


@dataclass
class Turnstile(SmtpStub):
    """A server that turns away the connections of these numbers, counted from 1."""

    turned_away: frozenset[int] = frozenset()
    counted: list[int] = field(default_factory=list)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def _talk(self, connection: socket.socket) -> None:
        number = next(self.numbers)
        self.counted.append(number)
        if number in self.turned_away:
            self._say(connection, b"421 4.7.0 Too many connections\r\n" + self.CLOSE)
        super()._talk(connection)


@pytest.fixture(autouse=True)
def _names_lead_here(monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(host: str, port: int, seconds: float) -> list[str]:
        return ["127.0.0.1"]

    monkeypatch.setattr(module, "resolve", resolve)


def serving(folder: Path, *turned_away: int) -> Turnstile:
    context = server_context(*chains.write_chain(folder, LADDER.presented))
    return Turnstile(context, turned_away=frozenset(turned_away))


async def look(port: int, policy: CipherPolicy = DEFAULT_POLICY) -> Collection:
    anchors = [LADDER.root.anchor()]
    return await collect(HOST, port, "starttls", anchors=anchors, policy=policy, timeout=15)


@pytest.mark.parametrize("number", [1, 2])
async def test_one_connection_at_a_time_is_enough(tmp_path: Path, number: int) -> None:
    """Whichever of the two is turned away is made again, so that nothing is missing."""
    with serving(tmp_path, number) as server:
        collected = await look(server.port)
    assert collected.verdict.trusted
    assert collected.system is False
    assert collected.findings == ()
    assert server.counted == [1, 2, 3]


async def test_a_relay_that_turns_all_away_is_not_pressed(tmp_path: Path) -> None:
    """Both turned away: that is the relay's word, and it is not asked again."""
    with serving(tmp_path, *range(1, 10)) as server:
        collected = await look(server.port)
    assert collected.verdict.code is not None
    assert collected.verdict.code.startswith("smtp.")
    assert server.counted == [1, 2]


async def test_a_policy_of_new_suites_alone_is_compared_too(tmp_path: Path) -> None:
    """Suites of TLS 1.3 alone leave nothing for TLS 1.2: the comparison does without it."""
    policy = CipherPolicy("TLS_AES_128_GCM_SHA256", "1.2", None)
    with serving(tmp_path) as server:
        collected = await look(server.port, policy)
    assert collected.verdict.trusted
    assert collected.system is False
    assert server.counted == [1, 2]
