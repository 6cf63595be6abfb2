"""A certificate that was made for clients."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.chain import Chain
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.presentation import Presentation


class WrongPurpose(Fault):
    """A certificate that was made for clients."""

    name = "wrong-purpose"
    summary = "presents a certificate that is not for servers"
    code = "tls.wrong-purpose"
    at = Step.TLS
    bars = False
    spoils = frozenset(("purpose",))

    def present(
        self,
        chain: Chain,  # noqa: ARG002 -- this one needs none of it
        presented: Presentation,
    ) -> Presentation:
        """A leaf for another purpose."""
        return replace(presented, leaf=replace(presented.leaf, server=False))
