"""The key of a home: secrets at rest, and the web framework's own key.

`secret.key` holds 32 random bytes as text. Each use derives its own key from it
(HKDF, RFC 5869), so that nothing signed by the one can be opened by the other.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tocsin.base.secret import Secret

_NONCE_BYTES = 12


class UnusableKey(Exception):
    """The key file cannot be read or is not one."""


class WrongKey(Exception):
    """A ciphertext was made under another key, or for another place."""

    def __init__(self, wanted: str, have: str) -> None:
        super().__init__(f"the secret needs the key {wanted}; this home has the key {have}")
        self.wanted = wanted
        self.have = have


@dataclass(frozen=True, slots=True)
class Sealed:
    """A secret at rest and the id of the key that opens it."""

    key_id: str
    ciphertext: bytes


class HomeKey:
    """The master key of a home; never shown, only used."""

    def __init__(self, material: bytes) -> None:
        self._material = material
        self.id = hashlib.sha256(b"tocsin key id" + material).hexdigest()[:12]

    def derive(self, purpose: str) -> bytes:
        """32 bytes for that purpose alone."""
        return HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(self._material)

    def seal(self, secret: Secret, *, table: str, field: str, row: str) -> Sealed:
        """Encrypt, bound to the place where it will be kept (AES-256-GCM)."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        box = AESGCM(self.derive("secrets at rest"))
        place = _place(table, field, row)
        return Sealed(self.id, nonce + box.encrypt(nonce, secret.reveal().encode(), place))

    def open(self, sealed: Sealed, *, table: str, field: str, row: str) -> Secret:
        """Decrypt.

        Raises:
            WrongKey: sealed under another key, or moved from another place.
        """
        nonce, body = sealed.ciphertext[:_NONCE_BYTES], sealed.ciphertext[_NONCE_BYTES:]
        box = AESGCM(self.derive("secrets at rest"))
        try:
            return Secret(box.decrypt(nonce, body, _place(table, field, row)).decode())
        except InvalidTag:
            raise WrongKey(sealed.key_id, self.id) from None


def _place(table: str, field: str, row: str) -> bytes:
    return f"{table}\x1f{field}\x1f{row}".encode()


def load_key(path: Path) -> HomeKey:
    """Read the key file, making it on first use. Two first uses at once agree on one key.

    Raises:
        UnusableKey: unreadable, readable by others, or not a key.
    """
    try:
        if not path.exists():
            _make_key(path)
        if path.stat().st_mode & 0o077:
            raise UnusableKey(f"{path} can be read by others; its mode must be 0600")
        material = base64.b64decode(path.read_text().strip(), validate=True)
    except (OSError, binascii.Error, UnicodeDecodeError) as error:
        raise UnusableKey(f"{path} cannot be used: {error}") from error
    if len(material) != 32:  # noqa: PLR2004
        raise UnusableKey(f"{path} does not hold a key of 32 bytes")
    return HomeKey(material)


def _make_key(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    own = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(base64.b64encode(secrets.token_bytes(32)) + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        # A link fails when somebody else was first; then theirs is the key.
        with contextlib.suppress(FileExistsError):
            os.link(own, path)
    finally:
        os.unlink(own)
