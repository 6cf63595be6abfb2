"""The route with its delays."""

from __future__ import annotations

from tocsin.mail.received.message import read_message
from tocsin.mail.received.route import read_route


def message(*times: str) -> bytes:
    """A message whose servers, the first one first, wrote these times."""
    fields = [
        f"Received: from h{number}.example.com by h{number + 1}.example.com; {time}"
        for number, time in enumerate(times)
    ]
    written = "Date: Tue, 24 Nov 2026 11:59:58 +0000"
    return "\r\n".join([*reversed(fields), written, "", ""]).encode()


def test_hops_are_in_the_order_in_which_they_happened():
    """The lowest field was written first; delays are between neighbours."""
    route = read_route(
        read_message(
            message(
                "Tue, 24 Nov 2026 12:00:00 +0000",
                "Tue, 24 Nov 2026 13:00:02 +0100",
                "Tue, 24 Nov 2026 12:05:02 +0000",
            )
        )
    )
    assert [one.hop.by for one in route.steps] == [
        "h1.example.com",
        "h2.example.com",
        "h3.example.com",
    ]
    assert [one.delay_s for one in route.steps] == [None, 2, 300]
    assert route.took_s == 302
    assert not any(one.clocks_differ for one in route.steps)


def test_a_clock_that_is_behind_is_marked():
    """It arrives before it was sent: one of two clocks is wrong."""
    route = read_route(
        read_message(message("Tue, 24 Nov 2026 12:00:05 +0000", "Tue, 24 Nov 2026 12:00:00 +0000"))
    )
    assert [one.delay_s for one in route.steps] == [None, -5]
    assert [one.clocks_differ for one in route.steps] == [False, True]


def test_a_hop_without_a_time_is_passed_over():
    """The delay of the next one is counted from the last known time."""
    route = read_route(
        read_message(
            message(
                "Tue, 24 Nov 2026 12:00:00 +0000", "some day", "Tue, 24 Nov 2026 12:00:09 +0000"
            )
        )
    )
    assert [one.delay_s for one in route.steps] == [None, None, 9]
    assert route.took_s == 9


def test_a_message_without_a_route_has_none():
    """As one that never left its machine."""
    route = read_route(read_message(message()))
    assert route.steps == ()
    assert route.took_s is None
    assert route.written_at is not None
