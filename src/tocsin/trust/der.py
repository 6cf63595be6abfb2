"""Just enough DER to tell what a block of bytes is, before a real parser looks at it.

Encoding: ITU-T X.690. Shapes: RFC 5280 section 4.1 (certificate), RFC 5208 and RFC 5958
(PKCS#8), RFC 8017 appendix A.1.2 (RSA key), RFC 5915 (EC key), RFC 7292 section 4 (PKCS#12),
RFC 2315 section 7 (PKCS#7).
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

INTEGER, BIT_STRING, OCTET_STRING, IDENTIFIER, SEQUENCE = 0x02, 0x03, 0x04, 0x06, 0x30
FIRST_TAGGED = 0xA0
"""The tag of a constructed, context-specific element numbered 0."""

_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_PKCS7_FAMILY = bytes.fromhex("2a864886f70d0107")
_MANY = 12
_HEADER = 2
_INDEFINITE = 0x80
_LENGTH_OCTETS = 4
_KEY_NUMBERS = 6


class Shape(StrEnum):
    """What the outer structure of a DER element says that it is."""

    CERTIFICATE_LIKE = "certificate"
    """A signed structure: certificate, request or revocation list."""
    PRIVATE_KEY = "private key"
    ENCRYPTED_PRIVATE_KEY = "encrypted private key"
    PKCS7 = "PKCS#7"
    PKCS12 = "PKCS#12"
    OTHER = "other"


class NotDer(ValueError):
    """The bytes do not begin with a complete DER element."""


def split_element(data: bytes) -> tuple[int, bytes, bytes]:
    """The first element of `data` as tag and content, and what follows it.

    The indefinite length of BER, which some PKCS#7 and PKCS#12 files use, takes
    all that is left as content.

    Raises:
        NotDer: it is cut off, or its length cannot be read.
    """
    if len(data) < _HEADER:
        raise NotDer("shorter than any element")
    tag, length, start = data[0], data[1], 2
    if length == _INDEFINITE:
        return tag, data[2:], b""
    if length > _INDEFINITE:
        octets = length & 0x7F
        start = 2 + octets
        if octets > _LENGTH_OCTETS or len(data) < start:
            raise NotDer("its length is out of bounds")
        length = int.from_bytes(data[2:start])
    end = start + length
    if end > len(data):
        raise NotDer("it is cut off")
    return tag, data[start:end], data[end:]


def split_all(data: bytes) -> Iterator[bytes]:
    """Each whole element of a concatenation, header included.

    Raises:
        NotDer: an element is cut off, or something else stands between.
    """
    while data:
        _, _, rest = split_element(data)
        yield data[: len(data) - len(rest)]
        data = rest


def shape_of(data: bytes) -> Shape:
    """Tell private keys and containers from certificates by their outer structure."""
    try:
        children = _children(data)
    except NotDer:
        return Shape.OTHER
    tags = [tag for tag, _ in children]
    if tags[:1] == [INTEGER]:
        return _shape_with_version(tags, children)
    if tags[:1] == [IDENTIFIER] and children[0][1] == _SIGNED_DATA:
        return Shape.PKCS7
    if tags == [SEQUENCE, OCTET_STRING]:
        return Shape.ENCRYPTED_PRIVATE_KEY
    if tags == [SEQUENCE, SEQUENCE, BIT_STRING]:
        return Shape.CERTIFICATE_LIKE
    return Shape.OTHER


def _shape_with_version(tags: list[int], children: list[tuple[int, bytes]]) -> Shape:
    if tags[1:2] == [SEQUENCE] and _PKCS7_FAMILY in children[1][1][:24]:
        return Shape.PKCS12
    pkcs8 = tags[1:3] == [SEQUENCE, OCTET_STRING]
    elliptic = tags[1:2] == [OCTET_STRING]
    # RSA keys hold nine numbers, DSA keys six; an RSA public key only two.
    numbers = tags[:_KEY_NUMBERS] == [INTEGER] * _KEY_NUMBERS
    return Shape.PRIVATE_KEY if pkcs8 or elliptic or numbers else Shape.OTHER


def _children(data: bytes) -> list[tuple[int, bytes]]:
    tag, content, _ = split_element(data)
    if tag != SEQUENCE:
        raise NotDer("no sequence")
    found: list[tuple[int, bytes]] = []
    while content and len(found) < _MANY:
        tag, inner, content = split_element(content)
        found.append((tag, inner))
    return found
