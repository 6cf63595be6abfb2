"""A server that lets in only clients with certificates of its own."""

from __future__ import annotations

import ssl
from pathlib import Path

from tocsin.rehearsal.fault.base import Fault
from tocsin.trust.context import misbehaving_server_context


class ClientCertificate(Fault):
    """A server that lets in only clients with certificates of its own."""

    name = "client-certificate"
    summary = "demands a client certificate"
    code = "tls.client-certificate-required"

    def secure(self, certificates: Path, key: Path) -> ssl.SSLContext | None:
        """No certificate, no session."""
        return misbehaving_server_context(
            certificates, key, client_roots=certificates.read_text("ascii")
        )
