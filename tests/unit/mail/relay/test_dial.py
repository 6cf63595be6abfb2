"""Connecting to the addresses of a name, with the sockets of the system replaced."""

from __future__ import annotations

import asyncio
import errno
import os
import socket

import pytest

from tocsin.mail.relay import dial
from tocsin.mail.relay.dial import Address, Unreached, connect
from tocsin.mail.relay.fault import finding_of
from tocsin.mail.smtp.step import Step


def addresses(*texts: str) -> list[Address]:
    return [Address(text, socket.AF_INET, (text, 25)) for text in texts]


def failing(monkeypatch, **numbers: int) -> None:
    """Connecting to these addresses fails with these errors of the system."""
    table = {name.replace("_", "."): number for name, number in numbers.items()}

    async def fail(address: Address, _seconds: float) -> socket.socket:
        number = table[f"a{address.text}".replace("a127.0.0.", "a")]
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(dial, "_connect", fail)


async def outcome(first: Step, *texts: str) -> Unreached:
    told = []
    with pytest.raises(Unreached) as caught:
        async with asyncio.timeout(30):
            await connect(addresses(*texts), 5, first, lambda *each: told.append(each))
    assert [address.text for address, _ in told] == list(texts)
    return caught.value


@pytest.mark.parametrize(
    ("first", "code"),
    [(Step.GREETING, "smtp.closed-early"), (Step.TLS, "tls.handshake-dropped")],
)
async def test_a_reset_seen_in_connecting_is_one_of_the_first_step(monkeypatch, first, code):
    """The relay had accepted and reset before we looked: as if it came a moment later."""
    failing(monkeypatch, a1=errno.ECONNRESET)
    unreached = await outcome(first, "127.0.0.1")
    finding = finding_of(unreached.failure, {})
    assert (finding.code, finding.facts) == (code, {"stage": first.value, "reason": "reset"})
    assert unreached.address.text == "127.0.0.1"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ECONNREFUSED, "tcp.refused"),
        (errno.ETIMEDOUT, "tcp.timeout"),
        (errno.EHOSTUNREACH, "tcp.unreachable"),
        (errno.ENETUNREACH, "tcp.unreachable"),
    ],
)
async def test_other_failures_are_told_apart(monkeypatch, number, code):
    """Each in the system's own words."""
    failing(monkeypatch, a1=number)
    unreached = await outcome(Step.GREETING, "127.0.0.1")
    finding = finding_of(unreached.failure, {})
    assert finding.code == code
    assert finding.facts["reason"] == os.strerror(number)


async def test_an_address_where_somebody_was_says_more_than_one_where_nobody_is(monkeypatch):
    """Of several failures the reset is told."""
    failing(monkeypatch, a1=errno.ECONNREFUSED, a2=errno.ECONNRESET, a3=errno.EHOSTUNREACH)
    unreached = await outcome(Step.GREETING, "127.0.0.1", "127.0.0.2", "127.0.0.3")
    assert unreached.address.text == "127.0.0.2"
    assert finding_of(unreached.failure, {}).code == "smtp.closed-early"


async def test_a_mistake_of_ours_is_not_taken_for_the_networks(monkeypatch):
    """Only errors of the system are failures of an address."""

    async def fail(_address: Address, _seconds: float) -> socket.socket:
        raise ZeroDivisionError

    monkeypatch.setattr(dial, "_connect", fail)
    with pytest.raises(ZeroDivisionError):
        await connect(addresses("127.0.0.1"), 5, Step.GREETING, print)
