"""Certificates that no library signs any more: over SHA-1, or with a signature that is wrong."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from tocsin.rehearsal.chain import Issued, Key

# sha256WithRSAEncryption and sha1WithRSAEncryption (RFC 8017 appendix A.2.4), DER; they are of
# one length, so that nothing around them moves.
_SHA256 = bytes.fromhex("2a864886f70d01010b")
_SHA1 = bytes.fromhex("2a864886f70d010105")


def with_sha1(issued: Issued, signer: Key) -> Issued:
    """The same certificate, signed over SHA-1 with the key that signed it.

    Raises:
        ValueError: the key is not RSA.
    """
    if not isinstance(signer, rsa.RSAPrivateKey):
        raise ValueError("only RSA signatures are made over SHA-1")  # noqa: TRY004 -- a value
    certificate = issued.certificate
    told = certificate.tbs_certificate_bytes.replace(_SHA256, _SHA1, 1)
    signature = signer.sign(told, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303 -- that is it
    der = certificate.public_bytes(Encoding.DER)
    head, tail = der[: der.index(certificate.tbs_certificate_bytes)], _tail(certificate)
    return _reread(head + told + tail.replace(_SHA256, _SHA1, 1) + signature, issued)


def with_broken_signature(issued: Issued) -> Issued:
    """The same certificate, with one octet of its signature changed."""
    der = bytearray(issued.certificate.public_bytes(Encoding.DER))
    der[-1] ^= 0x55
    return _reread(bytes(der), issued)


def _tail(certificate: x509.Certificate) -> bytes:
    """What stands between the signed part and the signature: algorithm and a bit string's head."""
    der, told = certificate.public_bytes(Encoding.DER), certificate.tbs_certificate_bytes
    return der[der.index(told) + len(told) : -len(certificate.signature)]


def _reread(der: bytes, issued: Issued) -> Issued:
    return Issued(x509.load_der_x509_certificate(der), issued.key)
