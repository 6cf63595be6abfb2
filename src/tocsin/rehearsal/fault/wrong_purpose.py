"""A certificate that was made for clients."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.rehearsal.chain import Chain, Issued, issue_leaf, names_of
from tocsin.rehearsal.fault.base import Fault


class WrongPurpose(Fault):
    """A certificate that was made for clients."""

    name = "wrong-purpose"
    summary = "presents a certificate that is not for servers"
    code = "tls.wrong-purpose"

    def present(self, chain: Chain, presented: Sequence[Issued]) -> Sequence[Issued]:
        """A leaf for another purpose."""
        return (
            issue_leaf(names_of(presented[0]), chain.intermediate, server=False),
            *presented[1:],
        )
