"""On which terms the endpoint speaks TLS: what faults change before the context is made."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from tocsin.trust.context import misbehaving_server_context, server_context


@dataclass(frozen=True, slots=True)
class Terms:
    """The TLS of a listener; as it stands here, the honest one.

    `level` is OpenSSL's security level: at 2 weak keys, signatures and parameters do not even
    load. `dh_parameters` are PEM.
    """

    ciphers: str | None = None
    """None: the default cipher policy."""
    level: int = 2
    minimum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
    maximum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
    dh_parameters: str | None = None
    server_decides: bool = False
    """The server's order of suites counts, not the client's."""
    wants_certificate: bool = False
    """Only clients with a certificate get in."""

    def make_context(self, certificates: Path, key: Path) -> ssl.SSLContext:
        """The context, for the certificates in these files.

        Raises:
            OSError: a file cannot be read or written, or does not hold what it should.
        """
        if self == Terms():
            return server_context(certificates, key)
        parameters = None
        if self.dh_parameters is not None:
            parameters = key.with_name("dh.pem")
            parameters.write_text(self.dh_parameters)
        context = misbehaving_server_context(
            certificates,
            key,
            ciphers=f"{self.ciphers or 'DEFAULT'}:@SECLEVEL={self.level}",
            minimum=self.minimum,
            maximum=self.maximum,
            dh_params=parameters,
            client_roots=certificates.read_text("ascii") if self.wants_certificate else None,
        )
        if self.server_decides:
            context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
        return context
