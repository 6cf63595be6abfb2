"""An authority that may only vouch for names of another company."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.chain import DAY, INTERMEDIATE, Chain, issue_authority
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.presentation import Presentation


class NameConstraint(Fault):
    """An authority that may only vouch for names of another company."""

    name = "name-constraint"
    summary = "presents an intermediate that is allowed names under example.org only"
    code = "tls.invalid-chain"
    at = Step.TLS
    bars = False
    spoils = frozenset(("issuer", "names"))

    def present(self, chain: Chain, presented: Presentation) -> Presentation:
        """An intermediate of the same name and key, bound to other names."""
        intermediate = issue_authority(
            INTERMEDIATE,
            chain.root,
            life=365 * DAY,
            key=chain.intermediate.key,
            only_below="example.org",
        )
        return replace(presented, issuer=intermediate, above=(intermediate, *presented.above[1:]))
