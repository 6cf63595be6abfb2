"""Whether one certificate's signature was made by another one's key."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509

_MD5_WITH_RSA = "1.2.840.113549.1.1.4"

SIGNATURE_NAMES = {
    _MD5_WITH_RSA: "md5WithRSAEncryption",
    "1.2.840.113549.1.1.5": "sha1WithRSAEncryption",
    "1.2.840.113549.1.1.10": "rsassaPss",
    "1.2.840.113549.1.1.11": "sha256WithRSAEncryption",
    "1.2.840.113549.1.1.12": "sha384WithRSAEncryption",
    "1.2.840.113549.1.1.13": "sha512WithRSAEncryption",
    "1.2.840.113549.1.1.14": "sha224WithRSAEncryption",
    "1.2.840.10040.4.3": "dsa-with-SHA1",
    "1.2.840.10045.4.1": "ecdsa-with-SHA1",
    "1.2.840.10045.4.3.1": "ecdsa-with-SHA224",
    "1.2.840.10045.4.3.2": "ecdsa-with-SHA256",
    "1.2.840.10045.4.3.3": "ecdsa-with-SHA384",
    "1.2.840.10045.4.3.4": "ecdsa-with-SHA512",
    "2.16.840.1.101.3.4.3.2": "dsa-with-SHA256",
    "1.3.101.112": "Ed25519",
    "1.3.101.113": "Ed448",
}
"""Object identifiers of signature algorithms in the names that OpenSSL prints."""

CURVE_NAMES = {
    "secp192r1": "P-192",
    "secp224r1": "P-224",
    "secp256r1": "P-256",
    "secp384r1": "P-384",
    "secp521r1": "P-521",
}
"""The NIST names of curves, as people know them (FIPS 186-5)."""


def holds(certificate: x509.Certificate, issuer: x509.Certificate) -> bool | None:
    """Whether `issuer`'s key made the signature on `certificate`; names are not compared.

    None when the algorithm is one that cannot be computed here (unknown curves).
    """
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 -- start-up time

    try:
        _verify(certificate, issuer)
    except InvalidSignature:
        return False
    except Exception:  # noqa: BLE001 -- the library's errors have no common kind
        return None
    return True


def _verify(certificate: x509.Certificate, issuer: x509.Certificate) -> None:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 -- start-up time
    from cryptography.hazmat.primitives.asymmetric import (  # noqa: PLC0415 -- start-up time
        dsa,
        ec,
        ed448,
        ed25519,
        padding,
        rsa,
    )

    key = issuer.public_key()
    made, signed = certificate.signature, certificate.tbs_certificate_bytes
    how, digest = certificate.signature_algorithm_parameters, certificate.signature_hash_algorithm
    if certificate.signature_algorithm_oid.dotted_string == _MD5_WITH_RSA:
        how = padding.PKCS1v15()  # the library does not name the parameters of so old a one
    if isinstance(key, rsa.RSAPublicKey) and isinstance(how, padding.PKCS1v15 | padding.PSS):
        assert digest is not None
        key.verify(made, signed, how, digest)
    elif isinstance(key, ec.EllipticCurvePublicKey) and isinstance(how, ec.ECDSA):
        key.verify(made, signed, how)
    elif isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey) and digest is None:
        key.verify(made, signed)
    elif isinstance(key, dsa.DSAPublicKey) and digest is not None:
        key.verify(made, signed, digest)
    else:
        raise InvalidSignature("the issuer's key is of another kind")


def describe_key(certificate: x509.Certificate) -> tuple[str, int]:
    """The public key in words ("RSA 2048", "EC P-256") and its size in bits; 0 if unknown."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 -- start-up time
    from cryptography.hazmat.primitives.asymmetric import (  # noqa: PLC0415 -- start-up time
        dsa,
        ec,
        ed448,
        ed25519,
        rsa,
    )

    try:
        key = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        return f"unknown ({certificate.public_key_algorithm_oid.dotted_string})", 0
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}", key.key_size
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {CURVE_NAMES.get(key.curve.name, key.curve.name)}", key.key_size
    if isinstance(key, dsa.DSAPublicKey):
        return f"DSA {key.key_size}", key.key_size
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "Ed25519", 256
    if isinstance(key, ed448.Ed448PublicKey):
        return "Ed448", 456
    return f"unknown ({certificate.public_key_algorithm_oid.dotted_string})", 0
