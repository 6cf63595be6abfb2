"""A certificate that somebody should renew this week."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.chain import DAY, Chain
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.presentation import Presentation


class Expiring(Fault):
    """A certificate that somebody should renew this week."""

    name = "expiring"
    summary = "presents a certificate that ends in five days"
    code = "tls.expiring"
    at = Step.TLS
    bars = False
    spoils = frozenset(("dates",))

    def present(
        self,
        chain: Chain,  # noqa: ARG002 -- this one needs none of it
        presented: Presentation,
    ) -> Presentation:
        """The same leaf, near its end."""
        return replace(presented, leaf=replace(presented.leaf, starts=-90 * DAY, ends=5 * DAY))
