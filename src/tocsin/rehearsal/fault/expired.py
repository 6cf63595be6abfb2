"""A certificate that nobody renewed."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.chain import DAY, Chain
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.presentation import Presentation


class Expired(Fault):
    """A certificate that nobody renewed."""

    name = "expired"
    summary = "presents a certificate that ended yesterday"
    code = "tls.expired"
    at = Step.TLS
    bars = False
    spoils = frozenset(("dates",))

    def present(
        self,
        chain: Chain,  # noqa: ARG002 -- this one needs none of it
        presented: Presentation,
    ) -> Presentation:
        """The same leaf, out of date."""
        return replace(presented, leaf=replace(presented.leaf, starts=-90 * DAY, ends=-DAY))
