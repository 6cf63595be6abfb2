"""What an account may send from and to."""

from __future__ import annotations

import pytest

from tocsin.ses.account import Identity
from tocsin.ses.sandbox import closest, may_send_from, unverified

IDENTITIES = (
    Identity("example.com", "DOMAIN", True, "SUCCESS"),
    Identity("Soc@Example.org", "EMAIL_ADDRESS", True, "SUCCESS"),
    Identity("pending.example.net", "DOMAIN", True, "PENDING"),
    Identity("paused@example.net", "EMAIL_ADDRESS", False, "SUCCESS"),
)


@pytest.mark.parametrize(
    ("address", "covered"),
    [
        ("anybody@example.com", True),
        ("anybody@EXAMPLE.com", True),
        ("anybody@noc.example.com", True),
        ("anybody@notexample.com", False),
        ("Soc@example.ORG", True),
        ("Soc+night@example.org", True),
        ("soc@example.org", False),
        ("Soc@noc.example.org", False),
        ("other@example.org", False),
        ("one@pending.example.net", False),
        ("nobody", False),
    ],
)
def test_an_address_is_covered_by_a_verified_identity_alone(address: str, covered: bool) -> None:
    """By the same address, by its domain, or by one above that."""
    assert may_send_from(address, IDENTITIES) is covered
    assert unverified([address], IDENTITIES) == (() if covered else (address,))


def test_an_identity_that_is_switched_off_receives_and_does_not_send() -> None:
    """SendingEnabled is about sending; a verified recipient stays one."""
    assert not may_send_from("paused@example.net", IDENTITIES)
    assert unverified(["paused@example.net"], IDENTITIES) == ()


def test_the_simulator_may_be_sent_to_from_the_sandbox() -> None:
    """And what may not is told once, in the order given."""
    given = ["b@example.net", "success@simulator.amazonses.com", "a@example.net", "b@example.net"]
    assert unverified(given, ()) == ("b@example.net", "a@example.net")


@pytest.mark.parametrize(
    ("verified", "expected"),
    [
        (("example.com", "noc.example.com", "a@noc.example.com"), "a@noc.example.com"),
        (("example.com", "noc.example.com"), "noc.example.com"),
        (("example.com",), "example.com"),
        ((), "a@noc.example.com"),
    ],
)
def test_mail_goes_out_by_a_verified_identity_and_then_by_the_nearest(
    verified: tuple[str, ...], expected: str
) -> None:
    """An address before its domain, a domain before the one above it."""
    kinds = {"a@noc.example.com": "EMAIL_ADDRESS"}
    every = [
        Identity(name, kinds.get(name, "DOMAIN"), True, "SUCCESS" if name in verified else "FAILED")
        for name in ("example.com", "a@noc.example.com", "noc.example.com")
    ]
    found = closest("a@noc.example.com", every)
    assert found is not None
    assert found.name == expected
    assert closest("a@example.org", every) is None
