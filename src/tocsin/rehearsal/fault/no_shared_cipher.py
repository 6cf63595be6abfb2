"""A server that was told to speak only what nobody should any more."""

from __future__ import annotations

import ssl
from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.terms import Terms


class NoSharedCipher(Fault):
    """A server that was told to speak only what nobody should any more."""

    name = "no-shared-cipher"
    summary = "takes TLS 1.2 with AES128-SHA alone"
    code = "tls.no-shared-cipher"
    at = Step.TLS
    bars = True
    spoils = frozenset(("parameters",))

    def secure(self, terms: Terms) -> Terms:
        """One suite, without forward secrecy."""
        return replace(
            terms,
            ciphers="AES128-SHA",
            level=min(terms.level, 1),
            maximum=min(terms.maximum, ssl.TLSVersion.TLSv1_2),
        )
