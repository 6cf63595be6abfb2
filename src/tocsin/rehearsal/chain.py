"""The certificate chain of the stand-in: the shape of the real one, under names of its own.

leaf ← intermediate ← root, cross-signed by an older root, which is cross-signed by one
older still. As the real endpoint presents them (SES facts: leaf, Amazon RSA 2048 M0x, Amazon
Root CA 1, Starfield Services G2), none of the four is self-signed; the self-signed twins are
for the trust store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ROOT = "Rehearsal Root CA 1"
OLD_ROOT = "Rehearsal Services Root Certificate Authority - G2"
OLDEST_ROOT = "Rehearsal Class 2 Certification Authority"
INTERMEDIATE = "Rehearsal RSA 2048 M01"

DAY = timedelta(days=1)
_YEAR = 365 * DAY
LEAF_LIFE = 198 * DAY  # CA/Browser Forum: at most 200 days from 2026 on

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def pem(self) -> bytes:
        """The certificate."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The private key, unencrypted."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@dataclass(frozen=True, slots=True)
class Chain:
    """Everything that was issued."""

    leaf: Issued
    intermediate: Issued
    root: Issued
    """Self-signed: what a trust store should hold."""
    root_crossed: Issued
    old_root: Issued
    """Self-signed."""
    old_root_crossed: Issued

    @property
    def presented(self) -> tuple[Issued, ...]:
        """What the endpoint sends, leaf first."""
        return (self.leaf, self.intermediate, self.root_crossed, self.old_root_crossed)


def endpoint_name(region: str) -> str:
    """The leaf's name: of the real one's shape, under a domain kept for documentation."""
    return f"email-smtp.{region}.rehearsal.example.com"


def leaf_names(region: str) -> tuple[str, ...]:
    """What the leaf is valid for: the endpoint's name and this machine."""
    return (endpoint_name(region), "localhost", "127.0.0.1", "::1")


def names_of(leaf: Issued) -> tuple[str, ...]:
    """What a leaf is valid for."""
    kind = x509.SubjectAlternativeName
    found = leaf.certificate.extensions.get_extension_for_class(kind).value
    return tuple(str(one.value) for one in found)


def make_chain(region: str) -> Chain:
    """A new chain with new keys."""
    oldest = issue_authority(OLDEST_ROOT, None, life=12 * _YEAR)
    old_root = issue_authority(OLD_ROOT, None, life=12 * _YEAR)
    root = issue_authority(ROOT, None, life=12 * _YEAR)
    intermediate = issue_authority(INTERMEDIATE, root, life=8 * _YEAR, path_length=0)
    return Chain(
        leaf=issue_leaf(leaf_names(region), intermediate),
        intermediate=intermediate,
        root=root,
        root_crossed=issue_authority(ROOT, old_root, life=11 * _YEAR, key=root.key),
        old_root=old_root,
        old_root_crossed=issue_authority(OLD_ROOT, oldest, life=10 * _YEAR, key=old_root.key),
    )


def issue_authority(
    name: str,
    issuer: Issued | None,
    *,
    life: timedelta,
    starts: timedelta = -DAY,
    key: Key | None = None,
    path_length: int | None = None,
    authority: bool = True,
    only_below: str | None = None,
) -> Issued:
    """An authority's certificate; self-signed without an issuer.

    Not `authority` makes it one that may issue nothing; `only_below` is the one domain that
    it may issue for (RFC 5280 section 4.2.1.10).
    """
    key = key or make_key()
    builder = _begin(_subject(name), issuer, key, (starts, life)).add_extension(
        x509.BasicConstraints(authority, path_length if authority else None), critical=True
    )
    if only_below is not None:
        builder = builder.add_extension(
            x509.NameConstraints([x509.DNSName(only_below)], None), critical=True
        )
    return _sign(builder.add_extension(_usage(authority=authority), critical=True), issuer, key)


def issue_leaf(
    names: Sequence[str],
    issuer: Issued | None,
    *,
    starts: timedelta = -DAY,
    ends: timedelta = LEAF_LIFE,
    key: Key | None = None,
    server: bool = True,
) -> Issued:
    """A server's certificate; `starts` and `ends` count from now.

    Self-signed without an issuer; not `server` makes it one for clients only.
    """
    key = key or make_key()
    purpose = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    builder = (
        _begin(subject, issuer, key, (starts, ends))
        .add_extension(x509.BasicConstraints(False, None), critical=True)
        .add_extension(_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([_general_name(one) for one in names]), critical=False
        )
    )
    return _sign(builder, issuer, key)


def make_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """A new RSA key, as the real chain has them."""
    return rsa.generate_private_key(public_exponent=65_537, key_size=bits)


def _begin(
    subject: x509.Name, issuer: Issued | None, key: Key, validity: tuple[timedelta, timedelta]
) -> x509.CertificateBuilder:
    now = datetime.now(UTC).replace(microsecond=0)
    signer = issuer.key if issuer else key
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + validity[0])
        .not_valid_after(now + validity[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )


def _sign(builder: x509.CertificateBuilder, issuer: Issued | None, key: Key) -> Issued:
    return Issued(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


def _subject(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Tocsin Rehearsal"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=not authority,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
