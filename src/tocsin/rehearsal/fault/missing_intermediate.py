"""A server that was set up with its own certificate only."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.rehearsal.chain import Chain, Issued
from tocsin.rehearsal.fault.base import Fault


class MissingIntermediate(Fault):
    """A server that was set up with its own certificate only."""

    name = "missing-intermediate"
    summary = "presents the leaf without the certificates above it"
    code = "tls.incomplete-chain"

    def present(
        self,
        chain: Chain,  # noqa: ARG002 -- this one needs none of it
        presented: Sequence[Issued],
    ) -> Sequence[Issued]:
        """The leaf alone."""
        return presented[:1]
