"""What a TLS handshake agreed on and showed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TlsFacts:
    """What a handshake agreed on and showed.

    `chain` is as presented (DER, leaf first), empty for a resumed session; `verified` is
    the way OpenSSL took, anchor last, and empty unless the handshake succeeded under a
    context that checks. The temporary key is in OpenSSL's words (``DH``, ``ECDH``,
    ``X25519``); None when RSA carried the secret.
    """

    version: str | None
    cipher: str | None
    chain: tuple[bytes, ...]
    temp_key_kind: str | None
    temp_key_bits: int | None
    resumed: bool
    temp_key_group: str | None = None
    verified: tuple[bytes, ...] = ()
