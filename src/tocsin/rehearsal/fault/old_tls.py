"""A server that was not touched since 2008."""

from __future__ import annotations

import ssl
from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.terms import Terms


class OldTls(Fault):
    """A server that was not touched since 2008."""

    name = "old-tls"
    summary = "takes TLS 1.0 and 1.1 alone"
    code = "tls.version-too-old"
    at = Step.TLS
    bars = True
    spoils = frozenset(("parameters",))

    def secure(self, terms: Terms) -> Terms:
        """Versions that RFC 8996 has put away, and the suites of their time."""
        return replace(
            terms,
            ciphers="ALL",
            level=0,
            minimum=ssl.TLSVersion.TLSv1,
            maximum=ssl.TLSVersion.TLSv1_1,
        )
