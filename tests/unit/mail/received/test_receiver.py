"""Whose word an Authentication-Results field is."""

from __future__ import annotations

import pytest

from tocsin.mail.received.message import read_message
from tocsin.mail.received.receiver import own_results, read_statements, receivers

RECEIVED = b"Received: from out.example.org by mx.example.net; x\r\n"
INSIDE = b"Received: by store.example.net; x\r\n"
SENDER = b"Received: from desk by out.example.org; x\r\n"
OWN = b"Authentication-Results: mx.example.net; dkim=pass\r\n"
FORGED = b"Authentication-Results: mx.example.net; dkim=pass; dmarc=pass\r\n"
OTHER = b"Authentication-Results: out.example.org; auth=pass\r\n"
REST = b"From: a@example.com\r\n\r\n"


def own(*fields: bytes) -> list[bool]:
    """For each field of results whether it is the receiver's."""
    return [one.own for one in read_statements(read_message(b"".join(fields)))]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ((INSIDE, RECEIVED, OWN, SENDER, REST), [True]),
        ((INSIDE, OWN, RECEIVED, SENDER, REST), [True]),
        ((OWN, OWN, RECEIVED, REST), [True, True]),
        ((RECEIVED, OWN, b"Subject: x\r\n", FORGED, SENDER, REST), [True, False]),
        ((RECEIVED, OWN, SENDER, FORGED, REST), [True, False]),
        ((RECEIVED, SENDER, FORGED, REST), [False]),
        ((RECEIVED, OTHER, SENDER, REST), [False]),
        ((OWN, REST), [True]),
        ((RECEIVED, b"Authentication-Results: dkim=pass\r\n", SENDER, REST), [True]),
    ],
)
def test_only_what_the_receiver_wrote_above_the_rest_is_its_word(fields, expected):
    """A field of the same name further down may be anybody's."""
    assert own(*fields) == expected


def test_the_receiver_s_servers_are_the_topmost():
    """Names inside its house count, those before it do not."""
    message = read_message(
        b"".join((b"Received: by 2001:db8::1; x\r\n", INSIDE, RECEIVED, SENDER, REST))
    )
    assert receivers(message) == ("store.example.net", "mx.example.net")


def test_results_of_others_are_left_out():
    """Only the receiver's count for alignment."""
    message = read_message(b"".join((RECEIVED, OWN, SENDER, FORGED, REST)))
    assert [one.method for one in own_results(read_statements(message))] == ["dkim"]
