"""Names in certificates against the name that was asked for."""

from __future__ import annotations

import pytest

from tocsin.trust.hostname import covers


@pytest.mark.parametrize(
    ("names", "host", "answer"),
    [
        (("relay.example.com",), "relay.example.com", True),
        (("relay.example.com",), "RELAY.Example.com.", True),
        (("*.example.com",), "relay.example.com", True),
        (("*.example.com",), "a.relay.example.com", False),
        (("*.example.com",), "example.com", False),
        (("*.com",), "example.com", False),
        (("r*.example.com",), "relay.example.com", False),
        (("relay.*.com",), "relay.example.com", False),
        (("192.0.2.7",), "192.0.2.7", True),
        (("2001:db8::7",), "[2001:DB8:0::7]", True),
        (("192.0.2.8",), "192.0.2.7", False),
        (("*.0.2.7",), "192.0.2.7", False),
        (("xn--bcher-kva.example",), "bücher.example", True),
        ((), "relay.example.com", False),
    ],
)
def test_names_cover_hosts(names: tuple[str, ...], host: str, answer: bool) -> None:
    """Wildcards stand for one whole label; addresses compare as addresses."""
    assert covers(names, host) is answer
