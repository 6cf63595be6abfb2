"""A server that lets in only clients with certificates of its own."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.terms import Terms


class ClientCertificate(Fault):
    """A server that lets in only clients with certificates of its own."""

    name = "client-certificate"
    summary = "demands a client certificate"
    code = "tls.client-certificate-required"
    at = Step.TLS
    bars = True
    spoils = frozenset(("client",))

    def secure(self, terms: Terms) -> Terms:
        """No certificate, no session."""
        return replace(terms, wants_certificate=True)
