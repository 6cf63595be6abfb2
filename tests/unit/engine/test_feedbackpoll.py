"""Fetching goes on, and the responder with it, whatever a queue gives."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from tocsin.engine import feedbackpoll
from tocsin.engine.feedbackpoll import FeedbackPoll, _Queue


class Rests(FeedbackPoll):
    """Notes its rests instead of taking them."""

    rests: list[float]

    async def _rest(self, seconds: float) -> None:
        self.rests.append(seconds)


@pytest.fixture
def poll(clock) -> Rests:
    """A poll without a store; nothing is told."""

    async def insist(*_: object, **__: object) -> None:
        """Nothing is stored."""

    store: Any = SimpleNamespace(insist=insist)
    made = Rests(store, clock=clock)
    made.rests = []
    return made


QUEUE: Any = _Queue("https://sqs.eu-west-1.amazonaws.com/1/q", None)  # type: ignore[arg-type]


def test_a_message_that_cannot_be_stored_ends_nothing(poll, monkeypatch):
    """It comes again, later each time; alarms are mailed meanwhile."""

    async def failing(*_: object) -> int:
        raise ValueError("no text to the store")

    monkeypatch.setattr(poll, "fetch", failing)
    for _ in range(3):
        asyncio.run(poll._fetch_or_rest(QUEUE))
    assert len(poll.rests) == 3
    assert all(one > 0 for one in poll.rests)


@pytest.mark.parametrize(
    ("fetched", "took_s", "rests"),
    [(0, 0.1, [feedbackpoll._LEAST_S]), (0, 20.0, []), (10, 0.1, [])],
)
def test_a_queue_that_does_not_wait_is_not_asked_without_end(
    poll, clock, monkeypatch, fetched, took_s, rests
):
    """One that gave something, or waited for it, is asked again at once."""

    async def fetch(*_: object) -> int:
        clock.time += int(took_s * 1e6)
        return fetched

    monkeypatch.setattr(poll, "fetch", fetch)
    asyncio.run(poll._fetch_or_rest(QUEUE))
    assert poll.rests == rests
