"""A server with a certificate of its own making."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.chain import Chain
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.presentation import Presentation


class SelfSigned(Fault):
    """A server with a certificate of its own making."""

    name = "self-signed"
    summary = "presents a self-signed certificate alone"
    code = "tls.self-signed"
    at = Step.TLS
    bars = False
    spoils = frozenset(("issuer", "signature"))

    def present(
        self,
        chain: Chain,  # noqa: ARG002 -- this one needs none of it
        presented: Presentation,
    ) -> Presentation:
        """One certificate that nobody vouches for."""
        return replace(presented, issuer=None, above=())
