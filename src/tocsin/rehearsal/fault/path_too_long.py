"""One authority more than the one above it allows."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.chain import DAY, Chain, issue_authority
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.presentation import Presentation


class PathTooLong(Fault):
    """One authority more than the one above it allows."""

    name = "path-too-long"
    summary = "presents two intermediates where the upper one allows none below it"
    code = "tls.invalid-chain"
    at = Step.TLS
    bars = False
    spoils = frozenset(("issuer",))

    def present(self, chain: Chain, presented: Presentation) -> Presentation:
        """A further authority between the leaf and the intermediate."""
        further = issue_authority("Rehearsal Sub CA 9", chain.intermediate, life=365 * DAY)
        return replace(presented, issuer=further, above=(further, *presented.above))
