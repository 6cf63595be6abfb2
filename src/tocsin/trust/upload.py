"""Finding the certificates in what people upload, and refusing everything else.

A trust store takes certificates alone. A private key must not even be kept by
mistake, so it is looked for by its label and by its shape before anything is parsed.

Formats: RFC 7468 and RFC 1421 (PEM), ITU-T X.690 (DER), RFC 2315 (PKCS#7), RFC 7292
(PKCS#12).
"""

from __future__ import annotations

import base64
import binascii
import re
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tocsin.trust.der import SEQUENCE, NotDer, Shape, shape_of, split_element

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12KeyAndCertificates

LARGEST_FILE = 4 << 20
"""Octets that `read_certificates` takes at most; the roots of all browsers are 0.3 MB."""

_BEGINS_KEY = re.compile(rb"BEGIN[^\r\n]{0,60}PRIVATE\s+KEY|PuTTY-User-Key-File", re.IGNORECASE)
_BLOCK = re.compile(
    rb"-----BEGIN ([A-Z0-9 #]{1,60})-----\s*(.*?)-----END \1-----", re.DOTALL | re.IGNORECASE
)
_BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 #]{1,60})-----", re.IGNORECASE)
_CERTIFICATE_LABELS = {"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"}
_PKCS7_LABELS = {"PKCS7", "PKCS #7 SIGNED DATA", "CMS"}

# Bags of a private key, bare and encrypted, in a PKCS#12 store (RFC 7292 appendix D).
_KEY_BAGS = (
    bytes.fromhex("060b2a864886f70d010c0a0101"),
    bytes.fromhex("060b2a864886f70d010c0a0102"),
)


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


class PasswordNeeded(NotCertificates):
    """A PKCS#12 store that shows no private key, and does not open with the password given."""

    def __init__(self, *, given: bool) -> None:
        super().__init__(
            "The password does not open the PKCS#12 file."
            if given
            else "The PKCS#12 file is locked: its password is needed."
        )


def find_certificates(data: bytes, password: str = "") -> Iterator[bytes]:
    """The DER of each certificate of a file, in its order, not parsed yet.

    `password` opens PKCS#12 stores, which may hold certificates only.

    Raises:
        PrivateKeyFound: a private key is anywhere in it.
        PasswordNeeded: a PKCS#12 store does not open with the password.
        NotCertificates: it is empty, too large, damaged, or something else.
    """
    if len(data) > LARGEST_FILE:
        raise NotCertificates(f"The file is larger than {LARGEST_FILE >> 20} MB.")
    data = _without_byte_order(data)
    if not data.strip():
        raise NotCertificates("The file is empty.")
    if _BEGINS_KEY.search(data):
        raise PrivateKeyFound
    return _elements(data, password)


def _without_byte_order(data: bytes) -> bytes:
    if data.startswith(b"\xef\xbb\xbf"):
        return data[3:]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace").encode("utf-8", "replace")
    return data


def _elements(data: bytes, password: str) -> Iterator[bytes]:
    if _BEGIN.search(data):
        return _pem_elements(data, password)
    if data[0] == SEQUENCE:
        return _der_elements(data, password)
    try:
        bare = base64.b64decode(b"".join(data.split()), validate=True)
    except binascii.Error:
        bare = b""
    if bare[:1] == bytes((SEQUENCE,)):
        return _der_elements(bare, password)
    raise NotCertificates(_what_it_is_instead(data))


def _pem_elements(data: bytes, password: str) -> Iterator[bytes]:
    begun, complete, other = len(_BEGIN.findall(data)), 0, []
    for block in _BLOCK.finditer(data):
        complete += 1
        label = block[1].decode("ascii").upper()
        body = _decoded(block[2], complete)
        wanted = label in _CERTIFICATE_LABELS or label in _PKCS7_LABELS
        shape = shape_of(body)
        if wanted or shape in _KEY_WORDS or shape is Shape.PKCS12:
            # Trust settings follow the certificate in OpenSSL's own kind of block.
            yield from _der_elements(body, password, alone=label != "TRUSTED CERTIFICATE")
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
}


def _der_elements(data: bytes, password: str, *, alone: bool = True) -> Iterator[bytes]:
    try:
        parts = _split_file(data)
    except NotDer as error:
        _refuse_keys(data)
        raise NotCertificates(f"The file is damaged or of another kind: {error}.") from error
    shapes = [shape_of(part) for part in parts]
    for part in parts:
        _refuse_keys(part)
    for part, shape in zip(parts if alone else parts[:1], shapes, strict=False):
        if shape is Shape.PKCS7:
            yield from _from_pkcs7(part)
        elif shape is Shape.PKCS12:
            yield from _from_pkcs12(part, password)
        elif shape is Shape.CERTIFICATE_LIKE:
            yield part
        else:
            raise NotCertificates("The file holds something that is no certificate.")


def _refuse_keys(data: bytes) -> None:
    """A private key by its shape; one in a PKCS#12 store by its bag, before it is opened."""
    shape = shape_of(data)
    if shape in _KEY_WORDS:
        raise PrivateKeyFound(_KEY_WORDS[shape])
    if shape is Shape.PKCS12 and any(bag in data for bag in _KEY_BAGS):
        raise PrivateKeyFound("a PKCS#12 store with a private key")


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


def _from_pkcs12(data: bytes, password: str) -> list[bytes]:
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415

    store = _opened(data, password)
    if store.key is not None:  # its bag was itself encrypted
        raise PrivateKeyFound("a PKCS#12 store with a private key")
    entries = [*([] if store.cert is None else [store.cert]), *store.additional_certs]
    return [one.certificate.public_bytes(Encoding.DER) for one in entries]


def _opened(data: bytes, password: str) -> PKCS12KeyAndCertificates:
    """The store; some programs lock with an empty password, some with none at all."""
    from cryptography.hazmat.primitives.serialization import pkcs12  # noqa: PLC0415

    trials = (password.encode(),) if password else (None, b"")
    for trial in trials:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return pkcs12.load_pkcs12(data, trial)
        except Exception:  # noqa: BLE001, S112 -- the library's errors have no common kind
            continue
    raise PasswordNeeded(given=bool(password))


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
        "-----BEGIN CERTIFICATE-----), DER, PKCS#7 or PKCS#12."
    )
