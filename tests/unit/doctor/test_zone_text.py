"""Addresses of name servers as they are entered."""

from __future__ import annotations

import pytest

from tocsin.doctor.zone import PORT, split_server


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.53", ("192.0.2.53", PORT)),
        ("192.0.2.53:5353", ("192.0.2.53", 5353)),
        ("2001:db8::53", ("2001:db8::53", PORT)),
        ("[2001:db8::53]", ("2001:db8::53", PORT)),
        ("[2001:db8::53]:5353", ("2001:db8::53", 5353)),
    ],
)
def test_an_address_may_have_a_port(text: str, expected: tuple[str, int]) -> None:
    """IPv4 and IPv6, with a port and without, which is then that of DNS."""
    assert split_server(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "dns.example.com",
        "192.0.2.300",
        "192.0.2.53:0",
        "192.0.2.53:65536",
        "192.0.2.53:http",
        "[2001:db8::53]:-1",
        "https://192.0.2.53/dns-query",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    """A name would have to be asked about first; the words quote what was given."""
    with pytest.raises(ValueError, match="is no address of a name server") as caught:
        split_server(text)
    assert repr(text) in str(caught.value)
