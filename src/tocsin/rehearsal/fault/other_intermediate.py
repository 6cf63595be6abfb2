"""An endpoint whose certificate comes from another intermediate than before."""

from __future__ import annotations

from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.chain import DAY, Chain, issue_authority
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.presentation import Presentation


class OtherIntermediate(Fault):
    """An endpoint whose certificate comes from another intermediate than before."""

    name = "other-intermediate"
    summary = "presents a chain through another intermediate, below the same root"
    code = "tls.chain-changed"
    at = Step.TLS
    bars = False
    spoils = frozenset(("issuer",))

    def present(self, chain: Chain, presented: Presentation) -> Presentation:
        """A leaf of a sister of the intermediate; every trust store takes it."""
        sister = issue_authority(
            "Rehearsal RSA 2048 M04", chain.root, life=365 * DAY, path_length=0
        )
        return replace(presented, issuer=sister, above=(sister, *presented.above[1:]))
