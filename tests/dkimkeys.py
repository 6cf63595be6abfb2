"""Keys of domains that sign mail, made in the test, and what they sign.

DKIM is signed by dkimpy. ARC sets are signed here, because it makes none without a package
that nothing else wants; the layout is the one of RFC 8617.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import dkim
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

MESSAGE = (
    b"From: Tocsin <alarm@example.com>\r\nTo: op@example.net\r\n"
    b"Subject: Suspect Data Loss\r\nDate: Tue, 24 Nov 2026 12:00:00 +0000\r\n"
    b"Message-ID: <one@example.com>\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\n"
    b"Look at host 192.0.2.7.\r\nIt sends much.\r\n"
)


@lru_cache(maxsize=16)
def rsa_key(name: str, bits: int = 1024) -> rsa.RSAPrivateKey:
    """A key; the same for the same name, because making one takes time."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@dataclass(frozen=True)
class Domain:
    """A domain that signs; `name` is its own, `selector` where DNS has its key."""

    name: str
    selector: str = "tocsin"
    bits: int = 1024

    @property
    def _key(self) -> rsa.RSAPrivateKey:
        return rsa_key(self.name, self.bits)

    @property
    def record_name(self) -> str:
        """Where DNS has its key."""
        return f"{self.selector}._domainkey.{self.name}"

    def record(self, **tags: str) -> str:
        """The key as DNS has it; `tags` are added or take the place of its own."""
        public = self._key.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
        told = {"v": "DKIM1", "k": "rsa", "p": base64.b64encode(public).decode(), **tags}
        return "; ".join(f"{tag}={value}" for tag, value in told.items())

    def sign(self, message: bytes = MESSAGE, **options: Any) -> bytes:
        """The message with a DKIM signature above it."""
        pem = self._key.private_bytes(
            Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
        )
        field: bytes = dkim.sign(
            message, self.selector.encode(), self.name.encode(), pem, **options
        )
        return field + message

    def sign_only(self, name: str, message: bytes = MESSAGE) -> bytes:
        """The message with a signature over the body and one field, whichever it is."""
        head, _, body = message.partition(b"\r\n\r\n")
        fields = re.split(rb"\r\n(?![ \t])", head)
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        own = (
            f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple; d={self.name}; "
            f"s={self.selector}; h={name}; bh={digest}; b="
        ).encode()
        data = _relax(_last(fields, name.encode())) + b"\r\n" + _relax(own)
        return own + self.octets(data).encode() + b"\r\n" + message

    def octets(self, data: bytes) -> str:
        """rsa-sha256 over this, in base64."""
        return base64.b64encode(self._key.sign(data, padding.PKCS1v15(), hashes.SHA256())).decode()

    def seal(self, message: bytes, results: str, cv: str = "none", gap: str = " ") -> bytes:
        """The message with one more ARC set above it; `gap` stands after the field's colon."""
        head, _, body = message.partition(b"\r\n\r\n")
        fields = re.split(rb"\r\n(?![ \t])", head)
        number = 1 + sum(one.lower().startswith(b"arc-seal:") for one in fields)
        common = f"a=rsa-sha256; d={self.name}; s={self.selector}; t=1795521600"
        stamp = f"ARC-Authentication-Results:{gap}i={number}; {results}".encode()
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        own = (
            f"ARC-Message-Signature:{gap}i={number}; {common}; c=relaxed/simple; "
            f"h=from:to:subject; bh={digest}; b="
        ).encode()
        chosen = [_last(fields, name) for name in (b"from", b"to", b"subject")]
        own += self.octets(b"\r\n".join(map(_relax, [*chosen, own]))).encode()
        before = [
            _of_set(fields, name, step)
            for step in range(1, number)
            for name in (b"arc-authentication-results", b"arc-message-signature", b"arc-seal")
        ]
        seal = f"ARC-Seal:{gap}i={number}; {common}; cv={cv}; b=".encode()
        seal += self.octets(b"\r\n".join(map(_relax, [*before, stamp, own, seal]))).encode()
        return b"\r\n".join((seal, own, stamp, message))


@dataclass(frozen=True)
class Modern:
    """A domain that signs with Ed25519 (RFC 8463)."""

    name: str
    selector: str = "modern"

    @property
    def record_name(self) -> str:
        """Where DNS has its key."""
        return f"{self.selector}._domainkey.{self.name}"

    @property
    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(self.name.encode()).digest())

    def record(self) -> str:
        """The key as DNS has it."""
        public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return f"v=DKIM1; k=ed25519; p={base64.b64encode(public).decode()}"

    def sign(self, message: bytes = MESSAGE) -> bytes:
        """The message with a DKIM signature above it."""
        head, _, body = message.partition(b"\r\n\r\n")
        fields = re.split(rb"\r\n(?![ \t])", head)
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        own = (
            f"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/simple; d={self.name}; "
            f"s={self.selector}; h=from:subject; bh={digest}; b="
        ).encode()
        data = b"\r\n".join(_relax(_last(fields, name)) for name in (b"from", b"subject"))
        signed = self._key.sign(hashlib.sha256(data + b"\r\n" + _relax(own)).digest())
        return own + base64.b64encode(signed) + b"\r\n" + message


def zone(records: Mapping[str, str]) -> dict[str, dict[str, tuple[str, ...]]]:
    """Records as `nameserver` takes them: a text in strings of at most 255 octets."""
    return {
        name: {"TXT": (" ".join(f'"{part}"' for part in re.findall(".{1,250}", text)),)}
        for name, text in records.items()
    }


def _last(fields: list[bytes], name: bytes) -> bytes:
    return next(one for one in reversed(fields) if one.lower().startswith(name + b":"))


def _of_set(fields: list[bytes], name: bytes, number: int) -> bytes:
    begins = re.compile(rb"(?i)" + name + rb":\s*i=%d;" % number)
    return next(one for one in fields if begins.match(one))


def _relax(field: bytes) -> bytes:
    name, _, value = field.partition(b":")
    return name.lower() + b":" + re.sub(rb"\s+", b" ", value).strip()
