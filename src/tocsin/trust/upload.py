"""Finding the certificates in what people upload, and refusing everything else.

A trust store takes certificates alone. A private key must not even be kept by
mistake, so it is looked for by its label and by its shape before anything is parsed.

Formats: RFC 7468 and RFC 1421 (PEM), ITU-T X.690 (DER), RFC 2315 (PKCS#7).
"""

from __future__ import annotations

import base64
import binascii
import re
import warnings
from collections.abc import Iterator

from tocsin.trust.der import SEQUENCE, NotDer, Shape, shape_of, split_element

LARGEST_FILE = 4 << 20
"""Octets that `read_certificates` takes at most; the roots of all browsers are 0.3 MB."""

_BEGINS_KEY = re.compile(rb"BEGIN[^\r\n]{0,60}PRIVATE\s+KEY|PuTTY-User-Key-File", re.IGNORECASE)
_BLOCK = re.compile(
    rb"-----BEGIN ([A-Z0-9 #]{1,60})-----\s*(.*?)-----END \1-----", re.DOTALL | re.IGNORECASE
)
_BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 #]{1,60})-----", re.IGNORECASE)
_CERTIFICATE_LABELS = {"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"}
_PKCS7_LABELS = {"PKCS7", "PKCS #7 SIGNED DATA", "CMS"}


class NotCertificates(ValueError):
    """What was given does not hold certificates alone; the text says what it is instead."""


class PrivateKeyFound(NotCertificates):
    """What was given holds a private key, which has no place in a trust store."""

    def __init__(self, what: str = "a private key") -> None:
        super().__init__(
            f"This file holds {what}. A trust store takes certificates only: nothing of the "
            "file was kept. Give the certificate alone (the part from BEGIN CERTIFICATE to "
            "END CERTIFICATE), and if the key has left its machine, replace it."
        )


def find_certificates(data: bytes) -> Iterator[bytes]:
    """The DER of each certificate of a file, in its order, not parsed yet.

    Raises:
        PrivateKeyFound: a private key is anywhere in it, PKCS#12 included.
        NotCertificates: it is empty, too large, damaged, or something else.
    """
    if len(data) > LARGEST_FILE:
        raise NotCertificates(f"The file is larger than {LARGEST_FILE >> 20} MB.")
    data = _without_byte_order(data)
    if not data.strip():
        raise NotCertificates("The file is empty.")
    if _BEGINS_KEY.search(data):
        raise PrivateKeyFound
    return _elements(data)


def _without_byte_order(data: bytes) -> bytes:
    if data.startswith(b"\xef\xbb\xbf"):
        return data[3:]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace").encode("utf-8", "replace")
    return data


def _elements(data: bytes) -> Iterator[bytes]:
    if _BEGIN.search(data):
        return _pem_elements(data)
    if data[0] == SEQUENCE:
        return _der_elements(data)
    try:
        bare = base64.b64decode(b"".join(data.split()), validate=True)
    except binascii.Error:
        bare = b""
    if bare[:1] == bytes((SEQUENCE,)):
        return _der_elements(bare)
    raise NotCertificates(_what_it_is_instead(data))


def _pem_elements(data: bytes) -> Iterator[bytes]:
    begun, complete, other = len(_BEGIN.findall(data)), 0, []
    for block in _BLOCK.finditer(data):
        complete += 1
        label = block[1].decode("ascii").upper()
        body = _decoded(block[2], complete)
        wanted = label in _CERTIFICATE_LABELS or label in _PKCS7_LABELS
        if wanted or shape_of(body) in _KEY_WORDS:
            # Trust settings follow the certificate in OpenSSL's own kind of block.
            yield from _der_elements(body, alone=label != "TRUSTED CERTIFICATE")
        else:
            other.append(label)
    if complete < begun:
        raise NotCertificates(
            "A block of the file has a BEGIN line without its END line: it is cut off."
        )
    if len(other) == complete:
        raise NotCertificates(
            f"The file holds no certificate, but: {', '.join(sorted(set(other)))}."
        )


def _decoded(body: bytes, position: int) -> bytes:
    # Old PEM has header lines ("Proc-Type: …") before an empty line (RFC 1421 section 4.4).
    text = b"".join(line for line in body.splitlines() if b":" not in line)
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except binascii.Error as error:
        raise NotCertificates(f"Block {position} of the file is damaged (no base64).") from error


_KEY_WORDS = {
    Shape.PRIVATE_KEY: "a private key",
    Shape.ENCRYPTED_PRIVATE_KEY: "an encrypted private key",
    Shape.PKCS12: "a PKCS#12 store, which is made to carry a private key",
}


def _der_elements(data: bytes, *, alone: bool = True) -> Iterator[bytes]:
    try:
        parts = _split_file(data)
    except NotDer as error:
        if shape_of(data) in _KEY_WORDS:
            raise PrivateKeyFound(_KEY_WORDS[shape_of(data)]) from error
        raise NotCertificates(f"The file is damaged or of another kind: {error}.") from error
    shapes = [shape_of(part) for part in parts]
    for shape in shapes:
        if shape in _KEY_WORDS:
            raise PrivateKeyFound(_KEY_WORDS[shape])
    for part, shape in zip(parts if alone else parts[:1], shapes, strict=False):
        if shape is Shape.PKCS7:
            yield from _from_pkcs7(part)
        elif shape is Shape.CERTIFICATE_LIKE:
            yield part
        else:
            raise NotCertificates("The file holds something that is no certificate.")


def _split_file(data: bytes) -> list[bytes]:
    parts = []
    while data.strip(b"\r\n\t \0\x1a"):  # some tools end a file with a line end or padding
        _, _, rest = split_element(data)
        parts.append(data[: len(data) - len(rest)])
        data = rest
    return parts


def _from_pkcs7(data: bytes) -> Iterator[bytes]:
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        pkcs7,
    )

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            loaded = pkcs7.load_der_pkcs7_certificates(data)
    except Exception as error:  # the library's errors have no common kind
        raise NotCertificates("The PKCS#7 file is damaged.") from error
    for certificate in loaded:
        yield certificate.public_bytes(Encoding.DER)


def _what_it_is_instead(data: bytes) -> str:
    head = data[:512].lstrip().lower()
    if data.startswith((b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")):
        return (
            "This is a Java key store. Export the certificate from it: "
            "keytool -exportcert -rfc -alias NAME -keystore FILE."
        )
    if head.startswith((b"<!doctype", b"<html", b"<?xml")):
        return "This is a web page, not a certificate: the download gave a page instead."
    if b"certificate" in head and b"data:" in head:
        return "This is a certificate printed as text; its PEM or DER form is needed."
    return (
        "The file holds no certificate. It should be PEM (a text with "
        "-----BEGIN CERTIFICATE-----), DER or PKCS#7."
    )
