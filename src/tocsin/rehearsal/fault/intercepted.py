"""A company device that opens TLS and signs with an authority of its own."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.chain import DAY, Chain, issue_authority
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.presentation import Presentation


class Intercepted(Fault):
    """A company device that opens TLS and signs with an authority of its own."""

    name = "intercepted"
    summary = "presents a leaf of a company's TLS inspection"
    code = "tls.intercepted"
    at = Step.TLS
    bars = False
    spoils = frozenset(("issuer",))

    def present(
        self,
        chain: Chain,  # noqa: ARG002 -- this one needs none of it
        presented: Presentation,
    ) -> Presentation:
        """A leaf that the device has issued on the way."""
        device = issue_authority("Example Company TLS Inspection CA", None, life=365 * DAY)
        return replace(presented, issuer=device, above=(device,))
