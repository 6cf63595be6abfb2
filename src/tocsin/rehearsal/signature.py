"""DKIM signatures (RFC 6376) and ARC sets (RFC 8617), in the layout of the real ones.

The layout is why this is no library's work: the lines of a rehearsed mail should look to a
reader, and to a parser, like those of a mail that came by SES. Verifying is left to others.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tocsin.rehearsal.field import Field

_BLANKS = re.compile(rb"[ \t]+")
_ENDING_LINES = re.compile(rb"(?:\r\n)*\Z")
_LINE = 64
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Signer:
    """A domain's signing key; `selector` is where DNS has its public half."""

    domain: str
    selector: str
    key: rsa.RSAPrivateKey

    @property
    def record(self) -> tuple[str, str]:
        """Name and text of the TXT record (RFC 6376 section 3.6)."""
        public = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        encoded = base64.b64encode(public).decode()
        return f"{self.selector}._domainkey.{self.domain}.", f"v=DKIM1; k=rsa; p={encoded}"

    def sign(self, data: bytes) -> str:
        """rsa-sha256, in base64."""
        return base64.b64encode(self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())).decode()


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature field without its line end, and the beginning of its ``b=`` for reports."""

    domain: str
    selector: str
    text: bytes
    shown: str


def hash_body(body: bytes) -> str:
    """The ``bh=`` of a body in simple canonicalisation (RFC 6376 section 3.4.3)."""
    canonical = _ENDING_LINES.sub(b"\r\n", body, count=1)
    return base64.b64encode(hashlib.sha256(canonical).digest()).decode()


def sign_dkim(
    signer: Signer, fields: Sequence[Field], signed: Sequence[str], body_hash: str, at: int
) -> Signature:
    """Sign the named fields as they are; names that the message lacks are left out."""
    names = _present(fields, signed)
    unsigned = (
        "DKIM-Signature: v=1; a=rsa-sha256; q=dns/txt; c=relaxed/simple;\r\n"
        f"\ts={signer.selector}; d={signer.domain}; t={at};\r\n"
        f"\th={':'.join(names)};\r\n"
        f"\tbh={body_hash};\r\n"
        "\tb="
    )
    return _finish(signer, unsigned, [*_select(fields, names), _read(unsigned)])


def seal_arc(
    signer: Signer,
    results: str,
    fields: Sequence[Field],
    signed: Sequence[str],
    body_hash: str,
    at: int,
) -> list[bytes]:
    """The first ARC set of a mail: seal, message signature, authentication results.

    `results` is the value of the receiver's Authentication-Results. Each is without its
    line end, in the order in which they stand in a mail.
    """
    names = _present(fields, signed)
    stamp = _read(f"ARC-Authentication-Results: i=1; {results}")
    unsigned = (
        f"ARC-Message-Signature: i=1; a=rsa-sha256; c=relaxed/simple; d={signer.domain};\r\n"
        f"        s={signer.selector}; t={at};\r\n"
        f"        h={':'.join(names)};\r\n"
        f"        bh={body_hash};\r\n"
        "        b="
    )
    message = _finish(signer, unsigned, [*_select(fields, names), _read(unsigned)])
    unsealed = (
        f"ARC-Seal: i=1; a=rsa-sha256; t={at}; cv=none;\r\n"
        f"        d={signer.domain}; s={signer.selector};\r\n"
        "        b="
    )
    seal = _finish(signer, unsealed, [stamp, _field(message.text), _read(unsealed)])
    return [seal.text, message.text, stamp.raw]


def _finish(signer: Signer, unsigned: str, fields: Sequence[Field]) -> Signature:
    value = signer.sign(b"\r\n".join(map(_relax, fields)))
    lines = [value[start : start + _LINE] for start in range(0, len(value), _LINE)]
    text = (unsigned + "\r\n\t ".join(lines)).encode()
    return Signature(signer.domain, signer.selector, text, value[:_SHOWN])


def _present(fields: Sequence[Field], names: Sequence[str]) -> list[str]:
    there = {one.name for one in fields}
    return [name for name in names if name.lower().encode() in there]


def _select(fields: Sequence[Field], names: Sequence[str]) -> list[Field]:
    """The last field of each name: signatures count from below (RFC 6376 section 5.4.2)."""
    by_name = {one.name: one for one in fields}
    return [by_name[name.lower().encode()] for name in names]


def _read(text: str) -> Field:
    return _field(text.encode())


def _field(raw: bytes) -> Field:
    return Field(raw.partition(b":")[0].lower(), raw)


def _relax(field: Field) -> bytes:
    """Relaxed canonicalisation of one field (RFC 6376 section 3.4.2), without its CRLF."""
    value = field.raw.partition(b":")[2].replace(b"\r\n", b"")
    return field.name + b":" + _BLANKS.sub(b" ", value).strip(b" \t")
