"""Telling what DER is by its outer structure."""

from __future__ import annotations

import pytest

from tocsin.trust.der import NotDer, Shape, shape_of, split_all, split_element


def test_elements_are_split_off_one_by_one() -> None:
    """Short and long lengths are read, and what follows is left."""
    long = b"\x04\x82\x01\x00" + b"x" * 256
    assert split_element(b"\x02\x01\x05rest") == (2, b"\x05", b"rest")
    assert list(split_all(b"\x05\x00" + long)) == [b"\x05\x00", long]


@pytest.mark.parametrize("data", [b"", b"\x30", b"\x30\x05abc", b"\x30\x85\x01\x01\x01\x01\x01"])
def test_what_is_cut_off_is_refused(data: bytes) -> None:
    """Missing octets and absurd lengths raise the module's own error."""
    with pytest.raises(NotDer):
        split_element(data)


def test_numbers_tell_keys_from_parameters() -> None:
    """Nine or six numbers are a private key; two or three are public key or parameters."""
    number = b"\x02\x01\x05"
    assert shape_of(b"\x30\x1b" + number * 9) is Shape.PRIVATE_KEY
    assert shape_of(b"\x30\x12" + number * 6) is Shape.PRIVATE_KEY
    assert shape_of(b"\x30\x06" + number * 2) is Shape.OTHER
    assert shape_of(b"\x30\x09" + number * 3) is Shape.OTHER


def test_indefinite_length_does_not_hide_a_key_store() -> None:
    """PKCS#12 in BER with indefinite lengths is still seen."""
    content = bytes.fromhex("30 80 02 01 03 30 80 06 09 2a864886f70d010701 a0 80".replace(" ", ""))
    assert shape_of(content) is Shape.PKCS12
