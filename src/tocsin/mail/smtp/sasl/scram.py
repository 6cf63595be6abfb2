"""SCRAM (RFC 5802, RFC 7677): both sides prove that they know the password, neither says it.

Without channel binding: `ssl` gives no keying material of TLS 1.3 to bind to.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import re
import secrets
from base64 import b64decode, b64encode

from tocsin.mail.smtp.failure import RelayUnproven
from tocsin.mail.smtp.sasl.account import Login
from tocsin.mail.smtp.sasl.mechanism import NOTHING, Response
from tocsin.mail.smtp.sasl.saslprep import prepare
from tocsin.mail.smtp.shown import printable

MIN_ITERATIONS = 4_096
"""Fewer would let whoever sees the exchange guess passwords fast (RFC 7677 section 4)."""
MAX_ITERATIONS = 1_000_000
"""More than any relay stores, and still less than a second or two of one core."""

_HEADER = b"n,,"
_CHALLENGE = re.compile(
    r"r=(?P<nonce>[!-+\--~]+),s=(?P<salt>[A-Za-z0-9+/]+=*),i=(?P<count>[1-9][0-9]*)(?:,.*)?",
    re.DOTALL,
)
"""RFC 5802 section 7; what follows the count are extensions that may be passed over."""
_SHOWN = 100


class Derivation:
    """The slow step: from password, salt and count to the salted password (PBKDF2)."""

    def __init__(self, digest: str, password: bytes, salt: bytes, iterations: int) -> None:
        self._asked = (digest, password, salt, iterations)
        self.salted = b""

    @property
    def done(self) -> bool:
        """It has been computed."""
        return bool(self.salted)

    def run(self) -> None:
        """Compute it, once; other threads run meanwhile."""
        if not self.salted:
            self.salted = hashlib.pbkdf2_hmac(*self._asked)


class Scram:
    """Three lines: who we are, our proof, and an empty one once the relay has proved itself.

    Args:
        login: user and password.
        digest: ``sha256`` or ``sha1``.
        nonce: what makes this exchange unlike any other; at random unless given.

    Raises:
        UnfitLogin: user or password cannot be prepared.
    """

    def __init__(self, login: Login, digest: str, nonce: str = "") -> None:
        self.name = {"sha256": "SCRAM-SHA-256", "sha1": "SCRAM-SHA-1"}[digest]
        self.detail = ""
        self.work: Derivation | None = None
        self._digest = digest
        user = prepare(login.user, "user name").replace("=", "=3D").replace(",", "=2C")
        self._password = prepare(login.password.reveal(), "password").encode()
        self._nonce = nonce or secrets.token_urlsafe(24)
        self._bare = f"n={user},r={self._nonce}".encode()
        self._said = b""  # what both sides sign
        self._without_proof = b""
        self._signature = b""
        self._proven = False
        self._challenges = 0

    def first(self) -> Response:
        """Who we are, with our nonce."""
        return Response(_HEADER + self._bare, "*** (user)", secret=False)

    def challenged(self, text: str) -> None:
        """First the salt and count to prove ourselves with, then the relay's own proof."""
        self._challenges += 1
        try:
            message = b64decode(text, validate=True)
        except ValueError:
            raise RelayUnproven("the challenge is not base64") from None
        if self._challenges == 1:
            self._take_salt(message)
        elif self._challenges == 2:  # noqa: PLR2004 -- the last that SCRAM has
            self._take_proof(message)

    def respond(self) -> Response | None:
        """Our proof, then the empty line."""
        if self._challenges == 1:
            return self._prove()
        return NOTHING if self._challenges == 2 else None  # noqa: PLR2004

    def finish(self) -> None:
        """To be signed in by one that does not know the password is to be deceived."""
        if not self._proven:
            raise RelayUnproven("the relay did not prove that it knows the password")

    def _take_salt(self, message: bytes) -> None:
        nonce, salt, iterations = _read_challenge(message)
        if not nonce.startswith(self._nonce) or nonce == self._nonce:
            raise RelayUnproven("the relay's nonce does not go on from ours")
        self._without_proof = b"c=" + b64encode(_HEADER) + b",r=" + nonce.encode()
        self._said = b",".join((self._bare, message, self._without_proof))
        self.work = Derivation(self._digest, self._password, salt, iterations)

    def _prove(self) -> Response:
        assert self.work is not None
        self.work.run()
        client_key = self._sign(self.work.salted, b"Client Key")
        stored_key = hashlib.new(self._digest, client_key).digest()
        mixed = zip(client_key, self._sign(stored_key, self._said), strict=True)
        proof = b64encode(bytes(one ^ other for one, other in mixed))
        server_key = self._sign(self.work.salted, b"Server Key")
        self._signature = b64encode(self._sign(server_key, self._said))
        return Response(
            self._without_proof + b",p=" + proof,
            "*** (proof)",
            # With either of them and the rest of the exchange, passwords can be tried out.
            hidden=(proof.decode(), self._signature.decode()),
        )

    def _take_proof(self, message: bytes) -> None:
        kind, value = message[:2], message[2:].partition(b",")[0]
        if kind == b"e=":
            self.detail = printable(value)[:_SHOWN]
        elif kind == b"v=" and hmac.compare_digest(value, self._signature):
            self._proven = True
        else:
            raise RelayUnproven("the relay's proof is wrong: it does not know the password")

    def _sign(self, key: bytes, message: bytes) -> bytes:
        return hmac.digest(key, message, self._digest)


def _read_challenge(message: bytes) -> tuple[str, bytes, int]:
    """Nonce, salt and count of the relay's first message.

    Raises:
        RelayUnproven: it has another form, or a count out of bounds.
    """
    found = _CHALLENGE.fullmatch(message.decode("ascii", "replace"))
    if found is None:
        raise RelayUnproven("the challenge is not one of SCRAM")
    try:
        salt = b64decode(found["salt"], validate=True)
    except binascii.Error:
        raise RelayUnproven("the salt is not base64") from None
    digits = found["count"]
    # No more digits than the upper bound has: a longer number is not even read.
    if len(digits) > len(str(MAX_ITERATIONS)):
        raise RelayUnproven(f"more than {MAX_ITERATIONS} iterations")
    if not MIN_ITERATIONS <= int(digits) <= MAX_ITERATIONS:
        raise RelayUnproven(
            f"{digits} iterations; {MIN_ITERATIONS} to {MAX_ITERATIONS} are accepted"
        )
    return found["nonce"], salt, int(digits)
