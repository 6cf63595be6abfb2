"""The end of a server's flight, whatever a server sends."""

from __future__ import annotations

import contextlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.trust.deep.flight import FlightEnd
from tocsin.trust.wire import LARGEST_FLIGHT, WireError


def record(kind: int, content: bytes) -> bytes:
    """A TLS record."""
    return bytes((kind, 3, 3)) + len(content).to_bytes(2) + content


def message(kind: int, body: bytes) -> bytes:
    """A handshake message."""
    return bytes((kind,)) + len(body).to_bytes(3) + body


HELLO = message(2, b"\3\3" + bytes(32) + b"\0" + b"\xc0\x2f" + b"\0")
DONE = message(14, b"")
FLIGHT = record(22, HELLO) + record(22, message(11, bytes(3)) + DONE)


def fed(pieces: list[bytes]) -> FlightEnd:
    """A reader that was fed until it had enough."""
    end = FlightEnd()
    for piece in pieces:
        if end.feed(piece):
            break
    return end


@given(st.lists(st.integers(0, len(FLIGHT)), max_size=20))
def test_pieces_make_no_difference(cuts: list[int]) -> None:
    """However the octets arrive, the end is at the same one."""
    places = sorted({0, *cuts, len(FLIGHT)})
    pieces = [FLIGHT[a:b] for a, b in pairwise(places)]
    end = fed(pieces)
    assert end.ended
    assert end.flight().suite == 0xC02F
    assert not fed([FLIGHT[:-1]]).ended


@given(st.lists(st.integers(1, len(HELLO + DONE)), max_size=8))
def test_records_make_no_difference(cuts: list[int]) -> None:
    """Messages may be cut anywhere into records, their heads too."""
    content = HELLO + DONE
    places = sorted({0, *cuts, len(content)})
    pieces = [record(22, content[a:b]) for a, b in pairwise(places)]
    end = fed([b"".join(pieces)])
    assert end.ended
    assert end.flight().messages == [2, 14]


@pytest.mark.parametrize(
    "data",
    [
        record(21, b"\2\x28"),
        record(20, b"\1"),
        record(23, bytes(20)),
        b"220 relay.example.com ESMTP\r\n",
        b"\x16HTTP/1.1 400",
        record(22, message(2, b"\3")),
    ],
    ids=["alert", "change", "data", "plain words", "nonsense", "broken hello"],
)
def test_what_ends_it_at_once(data: bytes) -> None:
    """Nothing more is waited for."""
    assert fed([data]).ended


def test_an_endless_flight_ends() -> None:
    """At most so much is kept, and then it is enough."""
    endless = record(22, message(11, bytes(16000)))
    end = FlightEnd()
    count = 0
    while not end.feed(endless):
        count += 1
        assert count < 100
    assert len(end.seen) == LARGEST_FLIGHT


def test_the_smallest_pieces_are_looked_at_once() -> None:
    """A quarter of a megabyte in records of one octet, and many hellos: it comes to an end."""
    body = HELLO + HELLO * 2000
    end = fed([record(22, body[at : at + 1]) for at in range(len(body))])
    assert end.ended
    assert len(end.seen) == 12 * len(HELLO)
    quiet = message(11, bytes(100_000))
    end = fed([record(22, quiet[at : at + 1]) for at in range(len(quiet))])
    assert end.ended
    assert len(end.seen) == LARGEST_FLIGHT


@given(st.lists(st.binary(max_size=80), max_size=20))
def test_nothing_that_is_sent_breaks_it(pieces: list[bytes]) -> None:
    """Noise ends in an answer or in the one error that is announced."""
    end = fed(pieces)
    with contextlib.suppress(WireError):
        assert end.flight().messages is not None


@given(st.binary(max_size=300))
def test_no_message_breaks_it(content: bytes) -> None:
    """Noise inside a record either."""
    end = fed([record(22, content)])
    if content:
        assert end.flight().messages is not None
    assert fed([FLIGHT[:-4] + content]).seen
