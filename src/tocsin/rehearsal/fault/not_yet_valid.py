"""A certificate of the future."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.chain import DAY, Chain
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.presentation import Presentation


class NotYetValid(Fault):
    """A certificate of the future."""

    name = "not-yet-valid"
    summary = "presents a certificate that begins tomorrow"
    code = "tls.not-yet-valid"
    at = Step.TLS
    bars = False
    spoils = frozenset(("dates",))

    def present(
        self,
        chain: Chain,  # noqa: ARG002 -- this one needs none of it
        presented: Presentation,
    ) -> Presentation:
        """The same leaf, too early."""
        return replace(presented, leaf=replace(presented.leaf, starts=DAY, ends=90 * DAY))
