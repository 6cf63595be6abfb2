"""A server that was set up with its own certificate only."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.chain import Chain
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.presentation import Presentation


class MissingIntermediate(Fault):
    """A server that was set up with its own certificate only."""

    name = "missing-intermediate"
    summary = "presents the leaf without the certificates above it"
    code = "tls.incomplete-chain"
    at = Step.TLS
    bars = False
    spoils = frozenset(("issuer",))

    def present(
        self,
        chain: Chain,  # noqa: ARG002 -- this one needs none of it
        presented: Presentation,
    ) -> Presentation:
        """The leaf alone."""
        return replace(presented, above=())
