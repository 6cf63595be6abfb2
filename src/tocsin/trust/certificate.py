"""A certificate as Tocsin speaks of it, and reading certificates out of what people upload."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tocsin.base.clock import Instant, from_datetime
from tocsin.trust import name as names
from tocsin.trust.der import (
    FIRST_TAGGED,
    SEQUENCE,
    NotDer,
    Shape,
    shape_of,
    split_all,
    split_element,
)
from tocsin.trust.signature import SIGNATURE_NAMES, describe_key, holds

if TYPE_CHECKING:
    from cryptography import x509

LARGEST_FILE = 4 << 20
"""Octets that `read_certificates` takes at most; the roots of all browsers are 0.3 MB."""
MOST_CERTIFICATES = 2000
"""Certificates that `read_certificates` takes from one file at most."""

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


@dataclass(frozen=True, slots=True)
class Certificate:
    """One X.509 certificate (RFC 5280), read once.

    Names are safe to show: invisible characters are spelled out. `sha256` is the
    fingerprint of the DER, in lower-case hexadecimal; `serial` is hexadecimal too.
    `names` are the DNS names and IP addresses of the subjectAltName extension.
    """

    der: bytes = field(repr=False)
    sha256: str
    subject: str
    issuer: str
    common_name: str
    serial: str
    not_before: Instant
    not_after: Instant
    key: str
    signature: str
    is_ca: bool
    self_signed: bool
    names: tuple[str, ...]
    key_bits: int = 0
    key_sha256: str = ""
    """SHA-256 of the subjectPublicKeyInfo: equal for a root and its cross-signed twin."""
    organization: str = ""
    unit: str = ""
    issuer_common_name: str = ""
    issuer_organization: str = ""
    purposes: tuple[str, ...] = ()
    """Object identifiers of the extended key usage; empty when every use is allowed."""
    issuer_urls: tuple[str, ...] = ()
    """Where the issuer says that its own certificate can be fetched (caIssuers)."""
    subject_id: str = field(default="", repr=False)
    """The subject in a form that compares; equal to `issuer_id` of what it issued."""
    issuer_id: str = field(default="", repr=False)

    @property
    def pem(self) -> str:
        """The certificate in the textual encoding of RFC 7468, 64 characters a line."""
        text = base64.b64encode(self.der).decode("ascii")
        lines = [text[start : start + 64] for start in range(0, len(text), 64)]
        return "\n".join(("-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""))

    @property
    def title(self) -> str:
        """The shortest name that says which certificate it is."""
        return self.common_name or self.unit or self.organization or self.subject or self.sha256


def load(der: bytes) -> x509.Certificate:
    """The parsed certificate of `cryptography`, for what `Certificate` does not hold.

    Raises:
        NotCertificates: the bytes are no certificate.
    """
    from cryptography import x509  # noqa: PLC0415 -- start-up time
    from cryptography.utils import CryptographyDeprecationWarning  # noqa: PLC0415

    try:
        with warnings.catch_warnings():
            # Old roots with odd serial numbers are in every list of roots: no news to anybody.
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)
            return x509.load_der_x509_certificate(der)
    except (ValueError, TypeError) as error:
        raise NotCertificates("The certificate is damaged: it cannot be parsed.") from error


def parse_certificate(der: bytes) -> Certificate:
    """Read one DER certificate whole, so that nothing about it can fail later.

    Raises:
        NotCertificates: the bytes are no certificate, or parts of it cannot be read.
    """
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 -- start-up time

    certificate = load(der)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _describe(der, certificate)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise NotCertificates("The certificate is damaged: a part of it is unreadable.") from error


def _describe(der: bytes, certificate: x509.Certificate) -> Certificate:
    subject, issuer = certificate.subject, certificate.issuer
    subject_id, issuer_id = names.canonical(subject), names.canonical(issuer)
    key, bits = describe_key(certificate)
    algorithm = certificate.signature_algorithm_oid.dotted_string
    self_signed = subject_id == issuer_id and holds(certificate, certificate) is not False
    return Certificate(
        der=der,
        sha256=hashlib.sha256(der).hexdigest(),
        subject=names.describe(subject),
        issuer=names.describe(issuer),
        common_name=names.attribute(subject, names.COMMON_NAME),
        serial=f"{certificate.serial_number:x}",
        not_before=from_datetime(certificate.not_valid_before_utc),
        not_after=from_datetime(certificate.not_valid_after_utc),
        key=key,
        signature=SIGNATURE_NAMES.get(algorithm, algorithm),
        is_ca=_is_ca(certificate, self_signed=self_signed),
        self_signed=self_signed,
        names=_alternative_names(certificate),
        key_bits=bits,
        key_sha256=hashlib.sha256(_public_key_info(certificate)).hexdigest(),
        organization=names.attribute(subject, names.ORGANIZATION),
        unit=names.attribute(subject, names.UNIT),
        issuer_common_name=names.attribute(issuer, names.COMMON_NAME),
        issuer_organization=names.attribute(issuer, names.ORGANIZATION),
        purposes=_purposes(certificate),
        issuer_urls=_issuer_urls(certificate),
        subject_id=subject_id,
        issuer_id=issuer_id,
    )


def _public_key_info(certificate: x509.Certificate) -> bytes:
    """The subjectPublicKeyInfo as it stands in the certificate, also of unknown algorithms."""
    _, content, _ = split_element(certificate.tbs_certificate_bytes)
    parts = list(split_all(content))
    versioned = parts[0][0] == FIRST_TAGGED  # version 1 certificates leave the version out
    return parts[6 if versioned else 5]


def _is_ca(certificate: x509.Certificate, *, self_signed: bool) -> bool:
    from cryptography import x509  # noqa: PLC0415 -- start-up time

    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except x509.ExtensionNotFound:
        # Version 1 has no extensions; OpenSSL takes such a self-signed one for a CA.
        return self_signed and certificate.version == x509.Version.v1
    return constraints.value.ca


def _alternative_names(certificate: x509.Certificate) -> tuple[str, ...]:
    from cryptography import x509  # noqa: PLC0415 -- start-up time

    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    hosts = [names.printable(one) for one in found.get_values_for_type(x509.DNSName)]
    return (*hosts, *(str(one) for one in found.get_values_for_type(x509.IPAddress)))


def _purposes(certificate: x509.Certificate) -> tuple[str, ...]:
    from cryptography import x509  # noqa: PLC0415 -- start-up time

    try:
        found = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(one.dotted_string for one in found)


def _issuer_urls(certificate: x509.Certificate) -> tuple[str, ...]:
    from cryptography import x509  # noqa: PLC0415 -- start-up time

    try:
        found = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess)
    except x509.ExtensionNotFound:
        return ()
    return tuple(
        names.printable(one.access_location.value)
        for one in found.value
        if one.access_method == x509.oid.AuthorityInformationAccessOID.CA_ISSUERS
        and isinstance(one.access_location, x509.UniformResourceIdentifier)
    )


def read_certificates(data: bytes) -> list[Certificate]:
    """Every distinct certificate of a file, in its order.

    Takes PEM (also OpenSSL's TRUSTED CERTIFICATE, with text around it, with a byte order
    mark, in UTF-16), DER (also several joined), bare base64, and PKCS#7 in PEM or DER.

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
    found: dict[bytes, Certificate] = {}
    for position, der in enumerate(_elements(data), 1):
        if position > MOST_CERTIFICATES:
            raise NotCertificates(f"The file holds more than {MOST_CERTIFICATES} certificates.")
        if der not in found:
            found[der] = _parse_numbered(der, position)
    if not found:
        raise NotCertificates("The PKCS#7 file holds no certificate.")
    return list(found.values())


def _parse_numbered(der: bytes, position: int) -> Certificate:
    try:
        return parse_certificate(der)
    except NotCertificates as error:
        raise NotCertificates(f"Certificate {position} of the file: {error}") from error


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
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 -- start-up time
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        pkcs7,
    )

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            loaded = pkcs7.load_der_pkcs7_certificates(data)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
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
