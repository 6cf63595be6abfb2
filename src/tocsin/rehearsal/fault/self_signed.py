"""A server with a certificate of its own making."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.rehearsal.chain import Chain, Issued, issue_leaf, names_of
from tocsin.rehearsal.fault.base import Fault


class SelfSigned(Fault):
    """A server with a certificate of its own making."""

    name = "self-signed"
    summary = "presents a self-signed certificate alone"
    code = "tls.self-signed"

    def present(
        self,
        chain: Chain,  # noqa: ARG002 -- this one needs none of it
        presented: Sequence[Issued],
    ) -> Sequence[Issued]:
        """One certificate that nobody vouches for."""
        return (issue_leaf(names_of(presented[0]), None),)
