"""Public keys that DNS holds for signatures (RFC 6376 section 3.6.1, RFC 8463)."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tocsin.mail.received.record import Answer
from tocsin.mail.received.tags import read_tags, without_blanks

SHORTEST_RSA = 1024
"""Bits; verifiers must not take a shorter key for valid (RFC 8301 section 3.2)."""

_LONGEST_RSA = 8192
_ED25519_BITS = 256


class NoKey(Exception):
    """There is no key to verify with. `permanent`: asking again will not help."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.permanent = permanent


@dataclass(frozen=True, slots=True)
class Key:
    """A key: ``rsa`` as dkimpy holds it, or ``ed25519``.

    `testing` is the flag ``t=y``; `exact` is ``t=s``: no signing for subdomains.
    """

    kind: str
    bits: int
    material: Any
    testing: bool
    exact: bool


class Ed25519:
    """An Ed25519 key as dkimpy asks one: what it found is in `holds`, nothing is raised."""

    def __init__(self, octets: bytes) -> None:
        self._key = Ed25519PublicKey.from_public_bytes(octets)
        self.holds = False

    def verify(self, digest: bytes, signature: bytes) -> None:
        """Verify over the SHA-256 of what was signed (RFC 8463 section 3)."""
        try:
            self._key.verify(signature, digest)
        except InvalidSignature:
            self.holds = False
        else:
            self.holds = True


def find_key(name: str | None, answer: Answer) -> Key:
    """The key under a name.

    Raises:
        NoKey: DNS was silent, has none, or it is unreadable or revoked.
    """
    if name is None:
        raise NoKey("its d= and s= make no name of DNS", permanent=True)
    if answer.silence:
        raise NoKey(f"not checked: {answer.silence}", permanent=False)
    if not answer.texts:
        raise NoKey(f"there is no key under {name}", permanent=True)
    problem = ""
    for text in answer.texts:
        try:
            return _read(text)
        except NoKey as error:
            problem = str(error)
    raise NoKey(problem, permanent=True)


def _read(text: str) -> Key:
    tags = read_tags(text)
    if tags.get("v", "DKIM1") != "DKIM1" or "p" not in tags:
        raise NoKey("the record is no key", permanent=True)
    octets = _octets(tags["p"])
    if not octets:
        raise NoKey("the key was revoked: its record is empty", permanent=True)
    kind = tags.get("k", "rsa").lower()
    if not {"*", "email"} & _words(tags.get("s", "*")):
        raise NoKey("the key is not for mail", permanent=True)
    if "sha256" not in _words(tags.get("h", "sha256")):
        raise NoKey("the key is for other digests", permanent=True)
    flags = _words(tags.get("t", ""))
    testing, exact = "y" in flags, "s" in flags
    if kind == "ed25519":
        try:
            return Key(kind, _ED25519_BITS, Ed25519(octets), testing, exact)
        except ValueError:
            raise NoKey("the key cannot be read", permanent=True) from None
    if kind != "rsa":
        raise NoKey("the key is of an unknown kind", permanent=True)
    material = _rsa(octets)
    return Key(kind, material["modulus"].bit_length(), material, testing, exact)


def _words(text: str) -> set[str]:
    return {one.strip().lower() for one in text.split(":")}


def _octets(text: str) -> bytes:
    try:
        return base64.b64decode(without_blanks(text), validate=True)
    except (binascii.Error, ValueError):
        raise NoKey("the key cannot be read", permanent=True) from None


def _rsa(octets: bytes) -> dict[str, int]:
    from dkim.crypto import parse_public_key  # noqa: PLC0415 -- start-up time

    try:
        material: dict[str, int] = parse_public_key(octets)  # type: ignore[no-untyped-call]
    except Exception:  # noqa: BLE001 -- the library's parser raises what it meets
        raise NoKey("the key cannot be read", permanent=True) from None
    if not 0 < material["modulus"].bit_length() <= _LONGEST_RSA:
        raise NoKey("the key is too long", permanent=True)
    return material
