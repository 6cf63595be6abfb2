"""The self-made certificate that the pages are served with from the first start."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tocsin.base.files import write_atomically
from tocsin.base.home import Home, node_name

_LIFE = timedelta(days=825)
_RENEWED_BEFORE = timedelta(days=30)
_OWNER = "Tocsin "


def make_certificate(home: Home, host: str) -> None:
    """Make one unless the home has one; a self-made one that soon expires is replaced.

    Whatever an operator put in its place is left alone.
    """
    if home.certificate.exists() and home.certificate_key.exists() and not _expires(home):
        return
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate(key, host)
    write_atomically(
        home.certificate_key,
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
        mode=0o600,
    )
    write_atomically(home.certificate, certificate.public_bytes(serialization.Encoding.PEM))


def _expires(home: Home) -> bool:
    """Whether the home's certificate is one of ours and soon over."""
    try:
        present = x509.load_pem_x509_certificate(home.certificate.read_bytes())
    except ValueError:
        return False  # the server will say what is wrong with it
    ours = present.subject == present.issuer and any(
        str(one.value).startswith(_OWNER)
        for one in present.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    )
    return ours and present.not_valid_after_utc < datetime.now(UTC) + _RENEWED_BEFORE


def _certificate(key: ec.EllipticCurvePrivateKey, host: str) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{_OWNER}{node_name()}"[:64])])
    today = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(hours=1))
        .not_valid_after(today + _LIFE)
        .add_extension(x509.SubjectAlternativeName(_names(host)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )


def _names(host: str) -> list[x509.GeneralName]:
    names: list[x509.GeneralName] = [
        x509.DNSName("localhost"),
        x509.DNSName(node_name()),
        x509.IPAddress(ip_address("127.0.0.1")),
        x509.IPAddress(ip_address("::1")),
    ]
    bound = ip_address(host)
    if not bound.is_unspecified and not bound.is_loopback:
        names.append(x509.IPAddress(bound))
    return names
