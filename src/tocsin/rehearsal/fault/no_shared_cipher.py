"""A server that was told to speak only what nobody should any more."""

from __future__ import annotations

import ssl
from pathlib import Path

from tocsin.rehearsal.fault.base import Fault
from tocsin.trust.context import misbehaving_server_context


class NoSharedCipher(Fault):
    """A server that was told to speak only what nobody should any more."""

    name = "no-shared-cipher"
    summary = "takes TLS 1.2 with AES128-SHA alone"
    code = "tls.no-shared-cipher"

    def secure(self, certificates: Path, key: Path) -> ssl.SSLContext | None:
        """One suite, without forward secrecy."""
        return misbehaving_server_context(
            certificates, key, ciphers="AES128-SHA:@SECLEVEL=1", maximum=ssl.TLSVersion.TLSv1_2
        )
