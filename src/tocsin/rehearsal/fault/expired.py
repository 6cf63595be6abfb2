"""A certificate that nobody renewed."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.rehearsal.chain import DAY, Chain, Issued, issue_leaf, names_of
from tocsin.rehearsal.fault.base import Fault


class Expired(Fault):
    """A certificate that nobody renewed."""

    name = "expired"
    summary = "presents a certificate that ended yesterday"
    code = "tls.expired"

    def present(self, chain: Chain, presented: Sequence[Issued]) -> Sequence[Issued]:
        """The same leaf, out of date."""
        return (
            issue_leaf(names_of(presented[0]), chain.intermediate, starts=-90 * DAY, ends=-DAY),
            *presented[1:],
        )
