"""Messages composed ahead: their order, and the lane of those that may hold others up."""

from __future__ import annotations

import pytest

from tocsin.channels.sample import sample_alarm
from tocsin.domain.alarm import TransitionKind
from tocsin.domain.delivery import Recipient
from tocsin.domain.telling import Telling
from tocsin.engine.ready import Prepared, Ready
from tocsin.mail.envelope import Envelope
from tocsin.store.queries.outgoing import Outgoing


@pytest.fixture
def _store():
    """Nothing here asks the store."""


def prepared(number: int, *to: str, attempts: int = 0) -> Prepared:
    """A message ready for the wire."""
    addresses = to or (f"person{number}@example.com",)
    outgoing = Outgoing(
        id=str(number),
        action="Mail",
        kind="email",
        configuration=1,
        severity=3,
        message_id=f"<{number}@example.com>",
        recipients=tuple(Recipient(one) for one in addresses),
        queued_at=0,
        expires_at=0,
        attempts=attempts,
        is_test=False,
        told=1,
        tellings=(Telling(sample_alarm(0), TransitionKind.ACTIVE),),
    )
    return Prepared(outgoing, Envelope(str(number), "a@example.com", addresses, b""))


def ids(messages: list[Prepared]) -> list[str]:
    """What they are called."""
    return [one.outgoing.id for one in messages]


def test_they_leave_in_the_order_they_came():
    """First in, first out; what is put back goes first."""
    ready = Ready()
    ready.add([prepared(one) for one in range(5)], 0.0)
    first = ready.quick.take(2, None)
    assert ids(first) == ["0", "1"]
    ready.quick.put_back(first)
    assert ids(ready.quick.take(9, None)) == ["0", "1", "2", "3", "4"]


def test_recipients_are_what_room_is_counted_in():
    """Three recipients take three places; a message is never torn."""
    ready = Ready()
    ready.add([prepared(0, "a@x.example", "b@x.example"), prepared(1, "c@x.example")], 0.0)
    ready.add([prepared(2)], 0.0)
    assert ids(ready.quick.take(9, 3)) == ["0", "1"]
    assert ready.quick.take(9, 0) == []


def test_one_that_is_larger_than_any_room_goes_alone():
    """Else it would never go."""
    ready = Ready()
    ready.add([prepared(0, *(f"p{one}@x.example" for one in range(30))), prepared(1)], 0.0)
    assert ids(ready.quick.take(9, 5)) == ["0"]


def test_retries_have_a_lane_of_their_own():
    """What failed before may fail again, and slowly."""
    ready = Ready()
    ready.add([prepared(0, attempts=1), prepared(1)], 0.0)
    assert ids(ready.quick.take(9, None)) == ["1"]
    assert ids(ready.slow.take(9, None)) == ["0"]


def test_a_domain_that_was_slow_is_slow_for_a_while():
    """Its next messages do not stand before those to others."""
    ready = Ready()
    slow = prepared(0, "x@Slow.example").envelope
    ready.took(slow, 30.0, 100.0)
    ready.took(prepared(1, "x@fast.example").envelope, 0.01, 100.0)
    ready.add([prepared(2, "y@slow.EXAMPLE"), prepared(3, "y@fast.example")], 101.0)
    assert ids(ready.slow.take(9, None)) == ["2"]
    assert ids(ready.quick.take(9, None)) == ["3"]
    ready.add([prepared(4, "z@slow.example")], 1_000.0)
    assert ids(ready.quick.take(9, None)) == ["4"]
