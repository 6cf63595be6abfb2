"""A certificate as Tocsin speaks of it (RFC 5280), read once and whole."""

from __future__ import annotations

import base64
import hashlib
import warnings
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from tocsin.base.clock import Instant, from_datetime
from tocsin.trust import name as names
from tocsin.trust.der import (
    FIRST_TAGGED,
    split_all,
    split_element,
)
from tocsin.trust.signature import SIGNATURE_NAMES, describe_key, holds
from tocsin.trust.upload import (
    NotCertificates,
    PasswordNeeded,
    PrivateKeyFound,
    find_certificates,
)

if TYPE_CHECKING:
    from cryptography import x509

__all__ = [
    "Certificate",
    "NotCertificates",
    "PasswordNeeded",
    "PrivateKeyFound",
    "load",
    "parse_certificate",
    "read_certificates",
]

MOST_CERTIFICATES = 2000
"""Certificates that `read_certificates` takes from one file at most."""


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
    ocsp_urls: tuple[str, ...] = ()
    """Where the issuer says that the certificate's status can be asked for (RFC 6960)."""
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


@lru_cache(maxsize=256)
def load(der: bytes) -> x509.Certificate:
    """The parsed certificate of `cryptography`, for what `Certificate` does not hold.

    Kept for a while: it reads its extensions only once.

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
    except Exception as error:  # the library's errors have no common kind
        raise NotCertificates("The certificate is damaged: it cannot be parsed.") from error


@lru_cache(maxsize=1024)
def parse_certificate(der: bytes) -> Certificate:
    """Read one DER certificate whole, so that nothing about it can fail later.

    What was read is kept for a while: one look at a chain asks for each several times.

    Raises:
        NotCertificates: the bytes are no certificate, or parts of it cannot be read.
    """
    certificate = load(der)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _describe(der, certificate)
    except Exception as error:  # the library's errors have no common kind
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
        issuer_urls=_access_urls(certificate, "1.3.6.1.5.5.7.48.2"),
        ocsp_urls=_access_urls(certificate, "1.3.6.1.5.5.7.48.1"),
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


def _access_urls(certificate: x509.Certificate, method: str) -> tuple[str, ...]:
    """The addresses of one method of the authority information access (RFC 5280 4.2.2.1)."""
    from cryptography import x509  # noqa: PLC0415 -- start-up time

    try:
        found = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess)
    except x509.ExtensionNotFound:
        return ()
    return tuple(
        names.printable(one.access_location.value)
        for one in found.value
        if one.access_method.dotted_string == method
        and isinstance(one.access_location, x509.UniformResourceIdentifier)
    )


def read_certificates(data: bytes, password: str = "") -> list[Certificate]:
    """Every distinct certificate of a file, in its order.

    Takes PEM (also OpenSSL's TRUSTED CERTIFICATE, with text around it, with a byte order
    mark, in UTF-16), DER (also several joined), bare base64, PKCS#7 in PEM or DER, and
    PKCS#12 that holds certificates alone, which `password` opens.

    Raises:
        PrivateKeyFound: a private key is anywhere in it.
        PasswordNeeded: a PKCS#12 store does not open with the password.
        NotCertificates: it is empty, too large, damaged, or something else.
    """
    found: dict[bytes, Certificate] = {}
    for position, der in enumerate(find_certificates(data, password), 1):
        if position > MOST_CERTIFICATES:
            raise NotCertificates(f"The file holds more than {MOST_CERTIFICATES} certificates.")
        if der not in found:
            found[der] = _parse_numbered(der, position)
    if not found:
        raise NotCertificates("The PKCS#7 or PKCS#12 file holds no certificate.")
    return list(found.values())


def _parse_numbered(der: bytes, position: int) -> Certificate:
    try:
        return parse_certificate(der)
    except NotCertificates as error:
        raise NotCertificates(f"Certificate {position} of the file: {error}") from error
