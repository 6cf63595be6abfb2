"""SCRAM-SHA-256, the server's side (RFC 5802, RFC 7677), for one exchange.

Amazon SES does not offer it; other relays do, and a faulty one may not know the password.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from base64 import b64encode

from tocsin.base.secret import Secret

MECHANISM = "SCRAM-SHA-256"
_DIGEST = "sha256"
_ITERATIONS = 4_096
_FIRST = re.compile(r"n,,(?P<bare>n=(?P<user>[^,]*),r=(?P<nonce>[!-+\--~]+))")
_FINAL = re.compile(r"(?P<without>c=biws,r=(?P<nonce>[!-+\--~]+)),p=(?P<proof>[A-Za-z0-9+/]+=*)")


class Unproven(Exception):
    """The client did not show that it knows the password, or said something else."""


class ScramServer:
    """`challenge` answers the client's first message, `judge` its proof.

    Not `honest` makes the proof that it gives in turn a wrong one.
    """

    def __init__(self, user: str, password: Secret, *, honest: bool = True) -> None:
        self.user = user
        self.password = password
        self._honest = honest
        self._salt = secrets.token_bytes(16)

    def challenge(self, first: str) -> str:
        """Nonce, salt and count.

        Raises:
            Unproven: it is no first message, or names another user.
        """
        found = _FIRST.fullmatch(first)
        if found is None or found["user"].replace("=2C", ",").replace("=3D", "=") != self.user:
            raise Unproven
        self._nonce = found["nonce"] + secrets.token_urlsafe(18)
        salt = b64encode(self._salt).decode()
        said = f"r={self._nonce},s={salt},i={_ITERATIONS}"
        self._said = f"{found['bare']},{said}"
        return said

    def judge(self, final: str) -> str:
        """Our own proof, once the client's is right.

        Raises:
            Unproven: it is not.
        """
        found = _FINAL.fullmatch(final)
        if found is None or found["nonce"] != self._nonce:
            raise Unproven
        signed = f"{self._said},{found['without']}".encode()
        password = self.password.reveal().encode()
        salted = hashlib.pbkdf2_hmac(_DIGEST, password, self._salt, _ITERATIONS)
        key = hmac.digest(salted, b"Client Key", _DIGEST)
        signature = hmac.digest(hashlib.new(_DIGEST, key).digest(), signed, _DIGEST)
        proof = bytes(one ^ other for one, other in zip(key, signature, strict=True))
        if not hmac.compare_digest(b64encode(proof).decode(), found["proof"]):
            raise Unproven
        server_key = hmac.digest(salted if self._honest else self._salt, b"Server Key", _DIGEST)
        return "v=" + b64encode(hmac.digest(server_key, signed, _DIGEST)).decode()
