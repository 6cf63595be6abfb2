"""A certificate that was damaged, or altered by somebody."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.chain import Chain
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.presentation import Presentation


class BrokenSignature(Fault):
    """A certificate that was damaged, or altered by somebody."""

    name = "broken-signature"
    summary = "presents a certificate whose signature does not fit"
    code = "tls.invalid-chain"
    at = Step.TLS
    bars = False
    spoils = frozenset(("signature", "issuer"))

    def present(
        self,
        chain: Chain,  # noqa: ARG002 -- this one needs none of it
        presented: Presentation,
    ) -> Presentation:
        """The same leaf, one octet of its signature changed."""
        return replace(presented, leaf=replace(presented.leaf, broken=True))
