"""Certificates for tests, each made on the spot: what is wrong with one is an argument.

Nothing here is kept: keys and certificates live as long as the test run. A set of
keys is reused within the run, because making RSA keys takes longer than the tests.
"""

from __future__ import annotations

import datetime as dt
import functools
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from tocsin.trust.anchor import Anchor
from tocsin.trust.certificate import Certificate, parse_certificate

HOST = "relay.example.com"
DAY = dt.timedelta(days=1)
SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH


@functools.cache
def key_of(kind: str, number: int = 0) -> Any:
    """A private key: "ec", "ed25519", or "rsa-BITS"; each number is another key."""
    if kind == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    bits = int(kind.removeprefix("rsa-"))
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@dataclass(frozen=True)
class Made:
    """A certificate with its private key."""

    x509: x509.Certificate
    key: Any

    @property
    def der(self) -> bytes:
        return self.x509.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.x509.public_bytes(Encoding.PEM)

    @property
    def parsed(self) -> Certificate:
        return parse_certificate(self.der)

    @property
    def sha256(self) -> str:
        return self.x509.fingerprint(hashes.SHA256()).hex()

    def anchor(self, name: str = "") -> Anchor:
        return Anchor(name or self.parsed.title, self.parsed)

    def key_pem(self, password: bytes | None = None) -> bytes:
        return self.key_bytes(Encoding.PEM, password)

    def key_bytes(
        self,
        encoding: Encoding,
        password: bytes | None = None,
        form: PrivateFormat = PrivateFormat.PKCS8,
    ) -> bytes:
        lock = BestAvailableEncryption(password) if password else NoEncryption()
        return self.key.private_bytes(encoding, form, lock)


_numbers = iter(range(1, 1_000_000))


def make(
    common_name: str | None = HOST,
    *,
    issuer: Made | None = None,
    key: Any = None,
    kind: str = "ec",
    names: Sequence[str] | None = None,
    organization: str | None = None,
    unit: str | None = None,
    ca: bool = False,
    path_length: int | None = None,
    starts: float = -1,
    ends: float = 90,
    purposes: Sequence[x509.ObjectIdentifier] | None = None,
    permitted: Sequence[str] = (),
    issuer_url: str | None = None,
    digest: Any = None,
) -> Made:
    """One certificate, self-signed without an issuer. `starts` and `ends` are days from now.

    `names` None puts the common name into subjectAltName (not for a CA); an empty
    sequence leaves the extension out.
    """
    key = key or key_of(kind, next(_numbers) if not kind.startswith("rsa-") else 0)
    subject = _name(common_name, organization, unit)
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.x509.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + DAY * starts)
        .not_valid_after(now + DAY * ends)
        .add_extension(x509.BasicConstraints(ca, path_length if ca else None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    signer = issuer.key if issuer else key
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
    )
    if names is None:
        names = () if ca or common_name is None else (common_name,)
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_general_name(one) for one in names]), critical=False
        )
    if ca:
        builder = builder.add_extension(_ca_usage(), critical=True)
    if purposes is None and not ca:
        purposes = (SERVER,)
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    if permitted:
        builder = builder.add_extension(
            x509.NameConstraints([x509.DNSName(one) for one in permitted], None), critical=True
        )
    if issuer_url:
        builder = builder.add_extension(
            x509.AuthorityInformationAccess(
                [
                    x509.AccessDescription(
                        AuthorityInformationAccessOID.CA_ISSUERS,
                        x509.UniformResourceIdentifier(issuer_url),
                    )
                ]
            ),
            critical=False,
        )
    if digest is None and not isinstance(signer, ed25519.Ed25519PrivateKey):
        digest = hashes.SHA256()
    return Made(builder.sign(signer, digest), key)


def _name(common_name: str | None, organization: str | None, unit: str | None) -> x509.Name:
    parts = [
        (NameOID.ORGANIZATION_NAME, organization),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
        (NameOID.COMMON_NAME, common_name),
    ]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts if value])


def _general_name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _ca_usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )


@dataclass(frozen=True)
class Ladder:
    """A chain of the shape that SES presents, with the self-signed twins that it does not.

    leaf ← intermediate ← root (cross-signed) ← second (cross-signed) ← oldest.
    """

    leaf: Made
    intermediate: Made
    root_crossed: Made
    second_crossed: Made
    root: Made
    second: Made
    oldest: Made

    @property
    def presented(self) -> list[Made]:
        """What the endpoint sends: the four of the guide, none of them self-signed."""
        return [self.leaf, self.intermediate, self.root_crossed, self.second_crossed]


def ladder(host: str = HOST, *, kind: str = "ec", house: str = "Example", **leaf: Any) -> Ladder:
    """Such a chain for a host; further arguments go to `make` for the leaf."""
    trust = f"{house} Trust"
    oldest = make(
        None, unit=f"{house} Class 2 Certification Authority", organization=trust, ca=True
    )
    second = make(f"{house} Services Root - G2", organization=trust, ca=True, ends=4000)
    root = make(f"{house} Root CA 1", organization=trust, ca=True, ends=4000)
    intermediate = make(
        f"{house} RSA 2048 M02", organization=trust, ca=True, issuer=root, path_length=0
    )
    return Ladder(
        leaf=make(host, issuer=intermediate, kind=kind, **leaf),
        intermediate=intermediate,
        root_crossed=make(
            f"{house} Root CA 1", organization=trust, ca=True, issuer=second, key=root.key
        ),
        second_crossed=make(
            f"{house} Services Root - G2",
            organization=trust,
            ca=True,
            issuer=oldest,
            key=second.key,
        ),
        root=root,
        second=second,
        oldest=oldest,
    )


def write_chain(folder: Path, chain: Sequence[Made], name: str = "server") -> tuple[Path, Path]:
    """The PEM files that a server loads: the chain as it is to be sent, and the leaf's key."""
    certificates, key = folder / f"{name}.crt", folder / f"{name}.key"
    certificates.write_bytes(b"".join(one.pem for one in chain))
    key.write_bytes(chain[0].key_pem())
    return certificates, key
