"""A server that was not touched since 2008."""

from __future__ import annotations

import ssl
from pathlib import Path

from tocsin.rehearsal.fault.base import Fault
from tocsin.trust.context import misbehaving_server_context


class OldTls(Fault):
    """A server that was not touched since 2008."""

    name = "old-tls"
    summary = "takes TLS 1.0 and 1.1 alone"
    code = "tls.version-too-old"

    def secure(self, certificates: Path, key: Path) -> ssl.SSLContext | None:
        """Versions that RFC 8996 has put away."""
        return misbehaving_server_context(
            certificates,
            key,
            ciphers="ALL:@SECLEVEL=0",
            minimum=ssl.TLSVersion.TLSv1,
            maximum=ssl.TLSVersion.TLSv1_1,
        )
