"""The certificate chain of the stand-in: the shape of the real one, under names of its own.

Leaf ← intermediate ← root, the root cross-signed by an older one, and that one by one
older still: as the real endpoint presents it, none of the four presented is self-signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tocsin.base.files import write_atomically

_YEAR = timedelta(days=365)
_Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

ROOT = "Rehearsal Root CA 1"
OLD_ROOT = "Rehearsal Services Root Certificate Authority - G2"
OLDEST_ROOT = "Rehearsal Class 2 Certification Authority"
INTERMEDIATE = "Rehearsal RSA 2048 M01"


@dataclass(frozen=True, slots=True)
class ChainFiles:
    """Where the chain lies."""

    chain: Path
    """What is presented, leaf first."""
    key: Path
    """The leaf's key; 0600."""
    root: Path
    """Rehearsal Root CA 1, self-signed: what a trust store should hold."""
    old_root: Path
    """The older root, self-signed."""


@dataclass(frozen=True, slots=True)
class _Party:
    name: x509.Name
    key: _Key


def make_chain(folder: Path, host: str) -> ChainFiles:
    """Make the chain in that folder, or take the one that was made there before."""
    files = ChainFiles(
        folder / "chain.pem",
        folder / "leaf.key",
        folder / "RehearsalRootCA1.pem",
        folder / "RehearsalServicesRoot-G2.pem",
    )
    if all(path.exists() for path in (files.chain, files.key, files.root, files.old_root)):
        return files
    oldest, old, root = _party(OLDEST_ROOT), _party(OLD_ROOT), _party(ROOT)
    # A new RSA key takes a good part of a second: only the two that are to look like the
    # real ones are RSA.
    intermediate = _party(INTERMEDIATE, rsa_key=True)
    leaf = _party(host, rsa_key=True)
    presented = [
        _certificate(leaf, intermediate, years=1, names=_names(host)),
        _certificate(intermediate, root, years=5, path_length=0),
        _certificate(root, old, years=10),
        _certificate(old, oldest, years=12),
    ]
    write_atomically(
        files.key,
        leaf.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
        mode=0o600,
    )
    write_atomically(files.chain, b"".join(map(_pem, presented)))
    write_atomically(files.root, _pem(_certificate(root, root, years=12)))
    write_atomically(files.old_root, _pem(_certificate(old, old, years=12)))
    return files


def _party(name: str, *, rsa_key: bool = False) -> _Party:
    key: _Key = (
        rsa.generate_private_key(65_537, 2048) if rsa_key else ec.generate_private_key(ec.SECP256R1())
    )
    attributes = [
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Tocsin rehearsal"),
        x509.NameAttribute(NameOID.COMMON_NAME, name),
    ]
    return _Party(x509.Name(attributes), key)


def _names(host: str) -> list[x509.GeneralName]:
    return [
        x509.DNSName(host),
        x509.DNSName("localhost"),
        x509.IPAddress(ip_address("127.0.0.1")),
        x509.IPAddress(ip_address("::1")),
    ]


def _certificate(
    subject: _Party,
    issuer: _Party,
    *,
    years: int,
    names: list[x509.GeneralName] | None = None,
    path_length: int | None = None,
) -> x509.Certificate:
    today = datetime.now(UTC)
    is_ca = names is None
    public = subject.key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject.name)
        .issuer_name(issuer.name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + years * _YEAR)
        .add_extension(
            x509.BasicConstraints(ca=is_ca, path_length=path_length if is_ca else None),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()),
            critical=False,
        )
        .add_extension(_usage(is_ca=is_ca), critical=True)
    )
    if names is not None:
        builder = builder.add_extension(
            x509.SubjectAlternativeName(names), critical=False
        ).add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return builder.sign(issuer.key, hashes.SHA256())


def _usage(*, is_ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=not is_ca,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_ca,
        crl_sign=is_ca,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
