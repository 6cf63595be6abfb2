"""The server's side of SCRAM (RFC 5802), written apart from the client it is tested with.

It keeps what a server keeps, salt, count, StoredKey and ServerKey, and never the password.
PBKDF2 is spelled out from RFC 5802 section 2.2, so that not even that is shared.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode


def derive(digest: str, password: bytes, salt: bytes, iterations: int) -> bytes:
    """Hi of the RFC, the exclusive or of all rounds."""
    block = hmac.new(password, salt + b"\0\0\0\1", digest).digest()
    total = int.from_bytes(block, "big")
    for _ in range(iterations - 1):
        block = hmac.new(password, block, digest).digest()
        total ^= int.from_bytes(block, "big")
    return total.to_bytes(len(block), "big")


class ScramServer:
    """One account; `challenge` and `judge` take and give messages without base64."""

    def __init__(
        self,
        user: str,
        password: str,
        *,
        digest: str = "sha256",
        salt: bytes = b"salt of the server",
        iterations: int = 4_096,
        nonce: str = "3rfcNHYJY1ZVvWVs7j",
    ) -> None:
        self.user, self.digest, self.nonce = user, digest, nonce
        self.salt, self.iterations = salt, iterations
        salted = derive(digest, password.encode(), salt, iterations)
        client_key = hmac.new(salted, b"Client Key", digest).digest()
        self.stored_key = hashlib.new(digest, client_key).digest()
        self.server_key = hmac.new(salted, b"Server Key", digest).digest()

    def challenge(self, first: bytes) -> bytes:
        """The answer to the client's first message."""
        flag, authzid, bare = first.decode().split(",", 2)
        assert (flag, authzid) == ("n", "")
        name, theirs = bare.split(",")
        assert name.startswith("n=")
        assert theirs.startswith("r=")
        assert name[2:].replace("=2C", ",").replace("=3D", "=") == self.user
        self._bare, self._both = bare, theirs[2:] + self.nonce
        salt = b64encode(self.salt).decode()
        self._said = f"r={self._both},s={salt},i={self.iterations}"
        return self._said.encode()

    def judge(self, final: bytes) -> bytes:
        """The answer to the client's proof: ``v=`` with our own, or ``e=``."""
        without, _, proof = final.decode().rpartition(",p=")
        assert without == f"c=biws,r={self._both}"
        signed = f"{self._bare},{self._said},{without}".encode()
        signature = hmac.new(self.stored_key, signed, self.digest).digest()
        key = bytes(a ^ b for a, b in zip(b64decode(proof), signature, strict=True))
        if hashlib.new(self.digest, key).digest() != self.stored_key:
            return b"e=invalid-proof"
        return b"v=" + b64encode(hmac.new(self.server_key, signed, self.digest).digest())
