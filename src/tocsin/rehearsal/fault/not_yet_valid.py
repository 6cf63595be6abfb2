"""A certificate of the future, or a clock that is behind."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.rehearsal.chain import DAY, Chain, Issued, issue_leaf, names_of
from tocsin.rehearsal.fault.base import Fault


class NotYetValid(Fault):
    """A certificate of the future, or a clock that is behind."""

    name = "not-yet-valid"
    summary = "presents a certificate that begins tomorrow"
    code = "tls.not-yet-valid"

    def present(self, chain: Chain, presented: Sequence[Issued]) -> Sequence[Issued]:
        """The same leaf, too early."""
        return (
            issue_leaf(names_of(presented[0]), chain.intermediate, starts=DAY, ends=90 * DAY),
            *presented[1:],
        )
