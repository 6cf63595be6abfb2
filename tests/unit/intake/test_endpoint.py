"""Addresses in one form each."""

from __future__ import annotations

import pytest

from tocsin.intake.endpoint import canonical_ip, canonical_mac


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:DB8:0:0:0:0:0:7", "2001:db8::7"),
        ("2001:0db8::0007", "2001:db8::7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::FFFF:c000:207", "192.0.2.7"),
    ],
)
def test_equal_addresses_have_one_form(written: str, canonical: str) -> None:
    """An address is written one way, however the sensor wrote it."""
    assert canonical_ip(written) == canonical


@pytest.mark.parametrize(
    "written",
    ["", "192.0.2", "192.0.2.256", "192.0.2.07", "fe80::1%eth0", " 192.0.2.7", "192.0.2.7/32", "a"],
)
def test_what_is_no_address_is_refused(written: str) -> None:
    """Half addresses, networks, zones and ambiguous octets are no addresses."""
    with pytest.raises(ValueError, match="address"):
        canonical_ip(written)


@pytest.mark.parametrize("written", ["00:00:5E:00:53:01", "00-00-5e-00-53-01", "0000.5e00.5301"])
def test_hardware_addresses_have_one_form(written: str) -> None:
    """The three usual ways to write 48 bits give the same text."""
    assert canonical_mac(written) == "00:00:5e:00:53:01"


@pytest.mark.parametrize(
    "written",
    ["", "00:00:5e:00:53", "00:00:5e:00:53:01:02", "00:00-5e:00:53:01", "zz:00:5e:00:53:01"],
)
def test_what_is_no_hardware_address_is_refused(written: str) -> None:
    """Too few or too many octets, mixed separators and other letters are refused."""
    with pytest.raises(ValueError, match="address"):
        canonical_mac(written)
